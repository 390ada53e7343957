import type { LiveScene } from './live.ts';
import type { Scenes } from './scenes.ts';
import { slackPage } from './slack-page.ts';
import { teamsPage } from './teams-page.ts';
import { terminalPage } from './terminal-page.ts';
import { terminalSvg } from './terminal-svg.ts';

/** The files of docs/pictures that are text: the pictures are made of them, and a test finds out when they are stale. */
export function textsOf({ slack, teams, mail, wait }: Scenes): Array<[name: string, text: string]> {
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return [
    ['slack.json', json(slack)],
    ['teams.json', json(teams)],
    ['mail.html', mail],
    ['wait.txt', wait],
  ];
}

/** The pages to be photographed, with their width in pixels. */
export function pagesOf(scenes: Scenes): Array<{ name: string; html: string; width: number }> {
  return [
    { name: 'slack', html: slackPage(scenes.slack), width: 760 },
    { name: 'teams', html: teamsPage(scenes.teams), width: 760 },
    { name: 'mail', html: scenes.mail, width: 760 },
    { name: 'wait', html: terminalPage('restore-watcher wait orders', scenes.wait), width: 900 },
  ];
}

/** The files of a live scene: what the terminal got, and the picture of it. */
export function filesOf({ name, command, columns, text }: LiveScene): Array<[name: string, text: string]> {
  return [
    [`${name}-${columns}.txt`, text],
    [`${name}-${columns}.svg`, terminalSvg(command, text, columns)],
  ];
}
