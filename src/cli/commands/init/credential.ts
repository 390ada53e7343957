import { UsageError } from '../../errors.ts';
import type { CliParts } from '../../parts.ts';
import type { Prompter } from './prompter.ts';

/** One half of a credential: what stands in the configuration in its place, and what it is. */
export interface Half {
  /** `${ATLAS_PUBLIC_KEY}`, `${file:/run/secrets/key}`. */
  placeholder: string;
  /** The environment variable that the placeholder names; `null`: it names a file. */
  variable: string | null;
  /** `null`: the loader reads it from the file. */
  value: string | null;
}

/** With what to log in to Atlas. No half is ever written into the configuration. */
export interface Credential {
  type: 'digest' | 'serviceAccount';
  id: Half;
  secret: Half;
}

/** What of a credential the command line may say. A secret is not among it: other users of the machine see command lines. */
export interface CredentialOptions {
  publicKey?: string;
  clientId?: string;
  privateKeyFile?: string;
  clientSecretFile?: string;
}

type Form = Credential['type'];

/** Which keys each form has in the configuration, and the variables for them. */
export const FORMS: Readonly<Record<Form, { idKey: string; secretKey: string; id: string; secret: string }>> =
  {
    digest: {
      idKey: 'publicKey',
      secretKey: 'privateKey',
      id: 'ATLAS_PUBLIC_KEY',
      secret: 'ATLAS_PRIVATE_KEY',
    },
    serviceAccount: {
      idKey: 'clientId',
      secretKey: 'clientSecret',
      id: 'ATLAS_CLIENT_ID',
      secret: 'ATLAS_CLIENT_SECRET',
    },
  };

/** Pairs of variables in which a credential is looked for: our own names, then those of the Atlas CLI and of Terraform. */
const VARIABLES: ReadonlyArray<[form: Form, id: string, secret: string]> = [
  ['digest', FORMS.digest.id, FORMS.digest.secret],
  ['serviceAccount', FORMS.serviceAccount.id, FORMS.serviceAccount.secret],
  ['digest', 'MONGODB_ATLAS_PUBLIC_API_KEY', 'MONGODB_ATLAS_PRIVATE_API_KEY'],
  ['digest', 'MONGODB_ATLAS_PUBLIC_KEY', 'MONGODB_ATLAS_PRIVATE_KEY'],
  ['serviceAccount', 'MONGODB_ATLAS_CLIENT_ID', 'MONGODB_ATLAS_CLIENT_SECRET'],
];

/**
 * Finds a credential on the command line and in the environment; what is missing is asked for where there is a terminal.
 * @param prompter `null`: nobody can be asked.
 * @throws {UsageError} that names what is missing, or what contradicts itself.
 */
export async function findCredential(
  options: CredentialOptions,
  env: CliParts['env'],
  prompter: Prompter | null,
): Promise<Credential> {
  const given = fromOptions(options, env) ?? fromEnvironment(env);
  const { type, id, secret } = given ?? { type: null, id: null, secret: null };
  if (id !== null && secret !== null) return { type, id, secret };
  if (prompter === null) throw missing(type, id, secret);

  const typedId = id?.value ?? (await prompter.ask(idQuestion(type)));
  const form = type ?? (typedId.startsWith('mdb_sa_id_') ? 'serviceAccount' : 'digest');
  const typedSecret = secret === null ? await prompter.askHidden(SECRET_QUESTIONS[form]) : null;
  const names = FORMS[form];
  return {
    type: form,
    id: id ?? inVariable(names.id, typedId),
    secret: secret ?? inVariable(names.secret, typedSecret ?? ''),
  };
}

/** What is known of a credential before anybody is asked. */
interface Given {
  type: Form;
  id: Half | null;
  secret: Half | null;
}

function fromOptions(options: CredentialOptions, env: CliParts['env']): Given | null {
  const { publicKey, privateKeyFile, clientId, clientSecretFile } = options;
  const isKey = publicKey !== undefined || privateKeyFile !== undefined;
  const isAccount = clientId !== undefined || clientSecretFile !== undefined;
  if (isKey && isAccount) {
    throw new UsageError(
      'an API key and a service account are both given',
      'Take --public-key with --private-key-file, or --client-id with --client-secret-file.',
    );
  }
  if (!isKey && !isAccount) return null;
  const type = isKey ? 'digest' : 'serviceAccount';
  const names = FORMS[type];
  const id = publicKey ?? clientId;
  const file = privateKeyFile ?? clientSecretFile;
  return {
    type,
    id: id === undefined ? fromVariable(names.id, env) : inVariable(names.id, id),
    secret:
      file === undefined
        ? fromVariable(names.secret, env)
        : { placeholder: `\${file:${file}}`, variable: null, value: null },
  };
}

/** The first pair that is complete, else the first of which one half is there. */
function fromEnvironment(env: CliParts['env']): Given | null {
  const found = VARIABLES.map(
    ([type, id, secret]): Given => ({ type, id: fromVariable(id, env), secret: fromVariable(secret, env) }),
  );
  return (
    found.find(({ id, secret }) => id !== null && secret !== null) ??
    found.find(({ id, secret }) => id !== null || secret !== null) ??
    null
  );
}

function fromVariable(name: string, env: CliParts['env']): Half | null {
  const value = env[name];
  return value === undefined || value === '' ? null : inVariable(name, value);
}

function inVariable(name: string, value: string): Half {
  return { placeholder: `\${${name}}`, variable: name, value };
}

const SECRET_QUESTIONS: Readonly<Record<Form, string>> = {
  digest: 'Private key (not shown): ',
  serviceAccount: 'Client secret, mdb_sa_sk_… (not shown): ',
};

function idQuestion(type: Form | null): string {
  if (type === 'digest') return 'Public key: ';
  if (type === 'serviceAccount') return 'Client id, mdb_sa_id_…: ';
  return 'Public key of an API key, or client id of a service account (mdb_sa_id_…): ';
}

function missing(type: Form | null, id: Half | null, secret: Half | null): UsageError {
  const nobody = 'and nobody can be asked here';
  if (type === null) {
    const { digest, serviceAccount } = FORMS;
    return new UsageError(
      `a credential for Atlas is missing, ${nobody}`,
      `Set ${digest.id} and ${digest.secret} (an API key), or ${serviceAccount.id} and ${serviceAccount.secret} (a service account); "init --help" names the options.`,
    );
  }
  const names = FORMS[type];
  const [what, variable, option] =
    id === null
      ? [names.idKey, names.id, type === 'digest' ? '--public-key KEY' : '--client-id ID']
      : [
          names.secretKey,
          names.secret,
          type === 'digest' ? '--private-key-file FILE' : '--client-secret-file FILE',
        ];
  const half = id === null ? secret : id;
  const other =
    half === null ? '' : ` (${half.variable === null ? 'the other half' : half.variable} is there)`;
  return new UsageError(
    `the ${what} of the credential is missing${other}, ${nobody}`,
    `Set ${variable}, or give ${option}.`,
  );
}
