import { WatcherError } from '../errors.ts';

/** What was asked for makes no sense, whoever found that out: this command or the daemon that it asked. Nothing was done. */
export class Unfit extends WatcherError {}
