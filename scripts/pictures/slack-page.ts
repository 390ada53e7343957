import type { SlackBlock, SlackMessage } from '../../src/channels/slack/message.ts';
import { escapeHtml, page } from './html.ts';

const CSS = `
  .message { display: flex; gap: 10px }
  .face { flex: none; width: 36px; height: 36px; border-radius: 6px; background: #116149; color: #fff; text-align: center; font: 700 19px/36px "DejaVu Sans" }
  .who { font-weight: 700 } .app { font-size: 10px; background: #e8e8e8; border-radius: 2px; padding: 1px 4px; color: #616061; margin: 0 6px }
  h2 { font-size: 18px; margin: 6px 0 8px } p { margin: 0 0 10px }
  .fields { display: grid; grid-template-columns: 1fr 1fr; gap: 10px 16px; margin-bottom: 10px }
  .small { font-size: 12px; color: #616061 } time { background: none }
  code { font: 12px/1.5 "DejaVu Sans Mono", monospace; color: #c01343; background: #f6f6f6; border: 1px solid #ddd; border-radius: 3px; padding: 1px 3px; word-break: break-word }
  .small code { font-size: 10.5px } a { color: #1264a3; text-decoration: none }`;

/** A message as Slack draws it, near enough to see what a person reads: blocks, mrkdwn, and the reader's own zone (here the channel's). */
export function slackPage({ blocks }: SlackMessage): string {
  const body = `<div class="message"><div class="face">R</div><div>
    <div><span class="who">restore-watcher</span><span class="app">APP</span></div>${blocks.map(blockHtml).join('')}</div></div>`;
  return page({ width: 760, css: CSS, body });
}

function blockHtml(block: SlackBlock): string {
  switch (block.type) {
    case 'header':
      return `<h2>${textHtml(block.text)}</h2>`;
    case 'context':
      return `<p class="small">${block.elements.map(textHtml).join(' ')}</p>`;
    case 'section':
      return block.fields
        ? `<div class="fields">${block.fields.map((field) => `<div>${textHtml(field)}</div>`).join('')}</div>`
        : `<p>${textHtml(block.text)}</p>`;
  }
}

/** Slack's escapes are those of HTML already. */
function textHtml({ type, text }: { type: 'plain_text' | 'mrkdwn'; text: string }): string {
  if (type === 'plain_text') return text;
  return text
    .replace(
      /<!date\^(\d+)\^[^|>]*\|([^>]*)>/g,
      (_all, seconds) => `<time>${readersTime(Number(seconds))}</time>`,
    )
    .replace(/<(https?:[^|>]+)\|([^>]*)>/g, (_all, url, label) => `<a href="${escapeHtml(url)}">${label}</a>`)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*([^*\n]+)\*/g, '<b>$1</b>')
    .replaceAll('\n', '<br>');
}

function readersTime(seconds: number): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'medium',
    timeStyle: 'medium',
    timeZone: 'Europe/Berlin',
  });
  return parts.format(seconds * 1000);
}
