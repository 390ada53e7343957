/** The credential with which a connection logs in to Atlas or Ops Manager: an API key (HTTP Digest) or a service account (OAuth 2). */
export type LoginConfig =
  | { type: 'digest'; publicKey: string; privateKey: string }
  | { type: 'serviceAccount'; clientId: string; clientSecret: string };
