/** The host of an Atlas cluster, whatever stands around it: `mongodb+srv://…@cluster0.ab1cd.mongodb.net/…`. */
const HOST =
  /(?:^|[/@])([\w-]{1,80}?)(?:-shard-\d{2}-\d{2}|-pri|-pl-\d)?\.[\w-]{1,40}\.mongodb(?:-dev|-qa|gov)?\.net\b/i;

/** What to say of an address to connect to where the name of an instance is wanted; `null` for any other text. */
export function hostNameHint(text: string): string | null {
  const name = HOST.exec(text)?.[1];
  if (name === undefined) return null;
  return `is an address to connect to, and not a name as Atlas shows it; did you mean ${JSON.stringify(name)} (addresses are in lower case, names need not be)?`;
}
