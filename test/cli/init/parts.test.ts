import { describe, expect, it } from 'vitest';
import { withVariables } from '../../../src/cli/commands/init/env-file.ts';
import { planWatches } from '../../../src/cli/commands/init/plan-watches.ts';
import { ownName } from '../../../src/cli/own-name.ts';
import type { SurveyedProject } from '../../../src/diagnosis/survey.ts';

function aProject(number: number, name: string, ...instances: string[]): SurveyedProject {
  return {
    groupId: number.toString(16).padStart(24, '0'),
    name,
    instances: instances.map((instance) => ({ name: instance, instanceName: instance, kind: 'cluster' })),
    fault: null,
    unread: [],
  };
}

describe('the watches that init plans', () => {
  it('have names of their own, whatever the projects are called', () => {
    const projects = [aProject(1, 'shop', 'a'), aProject(2, 'shop', 'a'), aProject(3, '*\n*', 'a')];
    const names = (instances: string[]) =>
      planWatches({ projects, instances, isEverything: true }).map(({ name }) => name);
    expect(names([])).toEqual(['shop-0001', 'shop-0002', 'watch']);
    expect(names(['*'])).toEqual(['shop-a', 'shop-a-2', '-a']);
  });

  it('follow all projects at once where there are many', () => {
    const projects = Array.from({ length: 11 }, (_, number) => aProject(number, `p${number}`, 'a'));
    const many = planWatches({ projects, instances: [], isEverything: true });
    expect(many).toMatchObject([
      {
        name: 'clusters',
        kind: 'cluster',
        groupId: '*',
        instanceName: '*',
        labels: { project: '{project.name}' },
      },
    ]);
    expect(planWatches({ projects, instances: [], isEverything: false })).toHaveLength(11);
  });
});

describe('a file of variables', () => {
  it('keeps what stands there, and gets what is new at its end', () => {
    const before = '# mine\nA=1\nexport B=2\n';
    expect(
      withVariables(
        before,
        new Map([
          ['B', 'x y'],
          ['C', 'https://u:p@h/%20'],
        ]),
      ),
    ).toBe("# mine\nA=1\nB='x y'\nC=https://u:p@h/%20\n");
  });

  it('takes no value that its readers would not read alike', () => {
    expect(() => withVariables('', new Map([['A', "it's"]]))).toThrow(/A holds a quotation mark/);
  });
});

describe('what people are told to run', () => {
  it.each<[env: Record<string, string>, name: string]>([
    [{}, 'restore-watcher'],
    [{ npm_lifecycle_event: 'restore-watcher', npm_command: 'run' }, 'npm run -s restore-watcher --'],
    [{ npm_lifecycle_event: 'demo', npm_command: 'run' }, 'npm run -s restore-watcher --'],
    [{ npm_lifecycle_event: 'npx', npm_command: 'exec' }, 'npx atlas-restore-watcher'],
  ])('is what runs here: %j', (env, name) => {
    expect(ownName(env)).toBe(name);
  });
});
