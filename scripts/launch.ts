/** `npm start`, `npm run demo`, `npm run restore-watcher`: the built program where it is current, which starts at once, else the source. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { currentEntry } from './build/source-stamp.ts';

const root = resolve(import.meta.dirname, '..');
await import(pathToFileURL(resolve(root, currentEntry(root))).href);
