/**
 * Counts what keeps the house easy to find one's way in, and prints a Markdown table; `-- --worst` adds what is over or nearest to a
 * limit. Ends with 1 when a limit is not kept.
 */
import { measure } from './measure/measure.ts';

const measures = measure(new URL('..', import.meta.url).pathname.replace(/\/$/, ''));
console.log('| counted | value | wanted |');
console.log('| --- | ---: | ---: |');
for (const { what, value, wanted } of measures) console.log(`| ${what} | ${value} | ${wanted} |`);
if (process.argv.includes('--worst')) {
  for (const { what, worst } of measures.filter(({ worst }) => worst.length > 0)) {
    console.log(`\n${what}:`);
    for (const line of worst) console.log(`  ${line}`);
  }
}
if (measures.some(({ isMet }) => !isMet)) process.exitCode = 1;
