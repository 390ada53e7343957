/** How other programs write what they put something in for, with its name. In capitals alone: a password may begin with a dollar too. */
const VARIABLES = [
  /^\$\{?([A-Z][A-Z0-9_]*)\}?$/,
  /^\$\(([A-Z][A-Z0-9_]*)\)$/,
  /^\$env:([A-Z][A-Z0-9_]*)$/,
  /^%([A-Z][A-Z0-9_]*)%$/,
  /^\{\{-?\s*(?:\.|env\.|secrets\.)?([A-Z][A-Z0-9_]*)\s*-?\}\}$/,
];
const TEMPLATE = /^(?:\{\{.*\}\}|<%.*%>)$/s;

/**
 * What to say of a text that looks like a variable which nobody has put a value in for (`$SMTP_PASSWORD`, `%TOKEN%`, `{{ token }}`);
 * `null` for any other. It is held to be one only as a whole, so that no part of a secret is quoted.
 */
export function unexpandedHint(text: string): string | null {
  for (const variable of VARIABLES) {
    const name = variable.exec(text)?.[1];
    if (name !== undefined) return `is taken as it stands; did you mean \${${name}}?`;
  }
  return TEMPLATE.test(text) ? 'is taken as it stands; has nobody filled in this template?' : null;
}
