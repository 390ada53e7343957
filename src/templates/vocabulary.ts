/** What computes and decides. None that reads another template. */
export const TAGS = [
  ...['assign', 'capture', 'case', 'comment', 'cycle', 'decrement', 'echo', 'for', 'break', 'continue'],
  ...['if', 'increment', 'liquid', 'raw', 'unless', '#'],
];

/**
 * What works on texts, numbers and lists. Left out: what switches the escaping off (`raw`, `json`), or would escape twice; what parses
 * expressions at run time; dates, for which there is `time`; and what nobody needs here.
 */
export const FILTERS = [
  ...[
    'abs',
    'at_least',
    'at_most',
    'ceil',
    'divided_by',
    'floor',
    'minus',
    'modulo',
    'plus',
    'round',
    'times',
  ],
  ...[
    'compact',
    'concat',
    'first',
    'join',
    'last',
    'map',
    'reject',
    'reverse',
    'size',
    'slice',
    'sort',
    'uniq',
  ],
  ...['where', 'append', 'capitalize', 'default', 'downcase', 'lstrip', 'prepend', 'remove', 'remove_first'],
  ...[
    'replace',
    'replace_first',
    'rstrip',
    'split',
    'squish',
    'strip',
    'truncate',
    'truncatewords',
    'upcase',
  ],
  'url_encode',
  // Ours, see filters.ts.
  ...['time', 'span'],
];
