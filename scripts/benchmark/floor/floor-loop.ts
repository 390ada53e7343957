/**
 * The least that watching can be: a bare Node loop that asks Atlas for the jobs once a second, with a login that is kept, and compares
 * the fields that matter with a Map. It remembers nothing beyond its life, tells nobody, and ends at the first fault.
 * It imports nothing but Node, so that it can run as plain JavaScript (see `floor.ts`).
 */
import { createHash, randomBytes } from 'node:crypto';

interface Order {
  origin: string;
  /** The path of the list of jobs. */
  path: string;
  publicKey: string;
  privateKey: string;
  /** Empty: by listing. */
  ids: string[];
  /** From the second poll on, only the first page is read. */
  firstPageOnly: boolean;
}

interface Job {
  id: string;
  failed?: boolean;
  cancelled?: boolean;
  expired?: boolean;
  finishedAt?: string;
}

interface Page {
  results: Job[];
  links: Array<{ rel: string }>;
}

const PERIOD_MS = 1_000;
/** Away from the full second, at which the daemon polls. */
const PHASE_MS = 500;

const order = JSON.parse(process.argv[2] ?? '{}') as Order;
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const known = new Map<string, string>();
let login: { realm: string; nonce: string; secret: string; used: number } | null = null;

function authorization(path: string): Record<string, string> {
  if (login === null) return {};
  login.used += 1;
  const nc = login.used.toString(16).padStart(8, '0');
  const cnonce = randomBytes(8).toString('hex');
  const response = md5(`${login.secret}:${login.nonce}:${nc}:${cnonce}:auth:${md5(`GET:${path}`)}`);
  return {
    authorization: `Digest username="${order.publicKey}", realm="${login.realm}", nonce="${login.nonce}", uri="${path}", qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}", algorithm=MD5`,
  };
}

async function read(path: string): Promise<unknown> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const response = await fetch(order.origin + path, { headers: authorization(path) });
    if (response.status === 200) return response.json();
    await response.text();
    const challenge = response.headers.get('www-authenticate') ?? '';
    const realm = /realm="([^"]*)"/.exec(challenge)?.[1] ?? '';
    const nonce = /nonce="([^"]*)"/.exec(challenge)?.[1] ?? '';
    login = { realm, nonce, secret: md5(`${order.publicKey}:${realm}:${order.privateKey}`), used: 0 };
  }
  throw new Error(`${path} was refused twice`);
}

function compare({ id, failed, cancelled, expired, finishedAt }: Job): void {
  const now = `${failed} ${cancelled} ${expired} ${finishedAt}`;
  if (known.get(id) !== now) known.set(id, now);
}

async function poll(isFirst: boolean): Promise<void> {
  for (const id of order.ids) compare((await read(`${order.path}/${id}`)) as Job);
  if (order.ids.length > 0) return;
  for (let pageNum = 1; ; pageNum += 1) {
    const page = (await read(`${order.path}?itemsPerPage=500&pageNum=${pageNum}`)) as Page;
    for (const job of page.results) compare(job);
    if (!page.links.some(({ rel }) => rel === 'next') || (order.firstPageOnly && !isFirst)) return;
  }
}

for (let polls = 0; ; polls += 1) {
  await poll(polls === 0);
  if (polls === 0) process.stdout.write(`${known.size} jobs\n`);
  const pause = PERIOD_MS - ((Date.now() - PHASE_MS) % PERIOD_MS);
  await new Promise((resolve) => setTimeout(resolve, pause));
}
