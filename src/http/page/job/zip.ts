import { crc32 } from 'node:zlib';
import type { Timestamp } from '../../../domain/instant.ts';

/** A file of an archive. Its name holds no folder. */
export interface ZipFile {
  name: string;
  text: string;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** What a reader has to know to unpack it: files as they are. */
const VERSION = 20;
/** Names are UTF-8. */
const FLAGS = 0x0800;
const MOST_FILES = 0xffff;

/**
 * Puts texts into a ZIP archive, as they are: what is packed here are some kilobytes, most of it hashes. No package: this is all there is
 * to it (APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16).
 * @param at when the files are said to have been written, in UTC; ZIP knows no zones.
 */
export function zipOf(files: readonly ZipFile[], at: Timestamp): Buffer {
  if (files.length > MOST_FILES) throw new Error(`an archive of ${files.length} files needs ZIP64`);
  const [time, date] = dosTime(at);
  const packed: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const [name, text] = [Buffer.from(file.name), Buffer.from(file.text)];
    const facts = [VERSION, FLAGS, 0, time, date];
    const sizes = Buffer.alloc(12);
    sizes.writeUInt32LE(crc32(text), 0);
    sizes.writeUInt32LE(text.length, 4);
    sizes.writeUInt32LE(text.length, 8);
    const local = Buffer.concat([
      signature(LOCAL),
      words(...facts),
      sizes,
      words(name.length, 0),
      name,
      text,
    ]);
    const place = Buffer.alloc(4);
    place.writeUInt32LE(offset);
    // No extra field, no comment, disk 0, no attributes.
    const rest = words(name.length, 0, 0, 0, 0, 0, 0);
    central.push(Buffer.concat([signature(CENTRAL), words(VERSION, ...facts), sizes, rest, place, name]));
    packed.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const places = Buffer.alloc(8);
  places.writeUInt32LE(directory.length, 0);
  places.writeUInt32LE(offset, 4);
  const count = files.length;
  return Buffer.concat([...packed, directory, signature(END), words(0, 0, count, count), places, words(0)]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, 2 * index);
  return bytes;
}

/** Two words that count from 1980, two seconds at a time. */
function dosTime(at: Timestamp): [time: number, date: number] {
  const when = new Date(at);
  const time = (when.getUTCHours() << 11) | (when.getUTCMinutes() << 5) | (when.getUTCSeconds() >> 1);
  const date = ((when.getUTCFullYear() - 1980) << 9) | ((when.getUTCMonth() + 1) << 5) | when.getUTCDate();
  return [time, date];
}
