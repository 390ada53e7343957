import type { Scenes } from './scenes.ts';
import { slackPage } from './slack-page.ts';
import { teamsPage } from './teams-page.ts';
import { terminalPage } from './terminal-page.ts';

/** The files of docs/pictures that are text: the pictures are made of them, and a test finds out when they are stale. */
export function textsOf({
  slack,
  teams,
  mail,
  wait,
  waits,
  status,
  why,
}: Scenes): Array<[name: string, text: string]> {
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return [
    ['slack.json', json(slack)],
    ['teams.json', json(teams)],
    ['mail.html', mail],
    ['wait.txt', wait],
    ['wait-80.txt', waits[80]],
    ['wait-120.txt', waits[120]],
    ['status-80.txt', status[80]],
    ['status-120.txt', status[120]],
    ['why-80.txt', why[80]],
    ['why-120.txt', why[120]],
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
