/** Liquid texts of a channel, in place of parts of the built-in message; `null`: the built-in part. */
export interface ChannelTemplate {
  title: string | null;
  body: string | null;
}
