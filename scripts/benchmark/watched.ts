/** What is to be watched. */
export interface Watched {
  instanceName: string;
  /** Empty: by listing. */
  ids: readonly string[];
  /** The list comes newest first, so that only its first page is read from the second poll on. */
  firstPageOnly: boolean;
}
