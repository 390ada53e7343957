import type { teamsMessage } from '../../src/channels/msteams/card.ts';
import { escapeHtml, page } from './html.ts';

type Card = ReturnType<typeof teamsMessage>['attachments'][number]['content'];
type CardElement = Card['body'][number];

const CSS = `
  body { background: #f5f5f5; color: #242424 }
  .card { background: #fff; border: 1px solid #e0e0e0; border-radius: 6px; overflow: hidden }
  .in { padding: 14px 16px } .good { background: #e7f2da } .attention { background: #fde7e9 } .warning { background: #fff4ce } .accent { background: #e8ebfa }
  p { margin: 0 0 8px } .bold { font-weight: 700 } .medium { font-size: 17px } .small { font-size: 12px } .subtle { color: #616161 }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 16px; margin: 0 0 10px } dt { font-weight: 700 } dd { margin: 0; overflow-wrap: anywhere }
  .button { display: inline-block; border: 1px solid #d1d1d1; border-radius: 4px; padding: 5px 12px; margin: 0 16px 14px; font-weight: 600 } a { color: #4f52b2 }`;

/** A card as Teams draws it, near enough to see what a person reads. */
export function teamsPage({ attachments }: ReturnType<typeof teamsMessage>): string {
  const cards = attachments.map(({ content: { body, actions } }) => {
    const buttons = actions.map(({ title }) => `<span class="button">${escapeHtml(title)}</span>`);
    return `<div class="card">${body.map((element) => elementHtml(element, 'in')).join('')}${buttons.join('')}</div>`;
  });
  return page({ width: 760, css: CSS, body: cards.join('') });
}

function elementHtml(element: CardElement, around = ''): string {
  switch (element.type) {
    case 'Container': {
      const items = element.items.map((item) => elementHtml(item)).join('');
      return `<div class="${around} ${element.style}">${items}</div>`;
    }
    case 'FactSet': {
      const facts = element.facts.map(
        ({ title, value }) => `<dt>${textHtml(title)}</dt><dd>${textHtml(value)}</dd>`,
      );
      return `<dl class="${around}">${facts.join('')}</dl>`;
    }
    case 'TextBlock': {
      const look = [
        element.weight === 'Bolder' && 'bold',
        element.size?.toLowerCase(),
        element.isSubtle && 'subtle',
      ];
      return `<p class="${[around, ...look.filter(Boolean)].join(' ')}">${textHtml(element.text)}</p>`;
    }
  }
}

/** The little Markdown that the cards use. */
function textHtml(text: string): string {
  return escapeHtml(text)
    .replace(/\\([\\`*_[\]&lt;~{(#>+.-])/g, '$1')
    .replace(/\[([^\]]+)\]\((https?:[^)]+)\)/g, '<a href="$2">$1</a>')
    .replace(/\*\*([^*]+)\*\*/g, '<b>$1</b>');
}
