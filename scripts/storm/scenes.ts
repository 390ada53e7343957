import { outageScene } from '../../test/crash/replicas/scenes/outage.ts';
import { pauseScene } from '../../test/crash/replicas/scenes/pause.ts';
import { rollingScene } from '../../test/crash/replicas/scenes/rolling.ts';
import { playScene, type Scene, type SceneOptions } from '../../test/crash/replicas/scenes/scene.ts';
import { takeoverScene } from '../../test/crash/replicas/scenes/takeover.ts';

const SCENES: Readonly<Record<string, () => Scene>> = {
  pause: () => pauseScene,
  takeover: () => takeoverScene,
  rolling: () => rollingScene,
  outage: outageScene,
};

/** Plays one scene and prints its figures. Returns the violations. */
export async function playOne(name: string, options: Omit<SceneOptions, 'log'>): Promise<string[]> {
  const scene = SCENES[name];
  if (scene === undefined) return [`there is no scene ${name}, only ${Object.keys(SCENES).join(', ')}`];
  const { figures, violations } = await playScene(scene(), {
    ...options,
    log: (text) => console.error(`${new Date().toISOString()} ${text}`),
  });
  for (const figure of figures) console.log(figure);
  return violations;
}
