import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { MIGRATIONS } from '../../../src/store/sqlite/layout/migrations.ts';

/**
 * SHA-256 of the SQL of every migration that has landed. A line is added with each new one and never changed: databases out there
 * have run it as it was, and would differ for ever from those that run it as it is.
 */
const LANDED: Record<number, string> = {
  1: '46c12d3b13e96f9ec6c85baf8b642a8722005df220c9a9f3624100f951b1442f',
  2: '1dd35dee17dff3a3b9258f132366ff9fd4a8091dd7ea5100b0bdbb92620bb37c',
  3: '4a96730fb33428b4e5416c24502197a6b983a0c04e1068305528183e9da084d0',
  4: '0b45589c3e51c923b2c34863dd0c9d97f12ba6805c6d21e286370dd8e7250bc6',
  5: '9b8ff94a3bbd27f1ec81c3171df7b607175ad08ee3d745669b34f9165efb8915',
  6: '7d5ee9123eb90a40ef3116e6c3fadea553e25d752dcf3fdd111d21387e12030e',
  7: 'afd00ea3f3052be01eec1df0a699b60023d5aedf42de8929e626e4fc77478fe9',
  8: 'a593a16016ada7df1417809e855d25031ff3bfa816051e759e02e26dd8d20771',
  9: '69c4240a453703e3c166b031f90a961f997c86a93f3b85205799ce98e47671a5',
  10: '9bef08260b51fa9facab7f1ebdbe316daa20285a7a6d36dc89f2bbd2a36515dd',
  11: '0790ead707b0de74924eb1996353ed074fc12c1191e817b5dfbf46a1215a6958',
  12: 'fbcbe2612744e91be1136ab53f4af18584273285ad2073ab0b59a51febdffa80',
  13: '678348aaacc01d10952e1c67ec5cec7c7c56f4ee9d8bb18e68c81b7d690b38b2',
  14: '4e4bd838d125cb864714f6d0c8db90869597eb601d60f486207b4be31814dc97',
  15: '2c46567a638bacc3f7719f76669ce9c4d709a0a5520afd8d6c8680667a307a05',
  16: 'f9a624bddfbad8418fdd31978c726522d1f7138f6d481ddc8abd2b871a7b8534',
  17: '08976631b44f9ae3b60ee98a7729608a10fc2534912153e1e49907860071f4d5',
  18: 'd76354b78deade5cfe5311bf9dd837bbda85da8896a8a59331b91f8002927237',
  19: '158df010dea045139441189b54a0fe3136fb802308f12679d0218841a859e68a',
  20: '88e6479a76999d2c764598e38e9ab4df48c92928ad28948d4c3a4c77e3c0aa1e',
  21: 'dfb69f03500bda5a3b066e1d49cab79e76237b77548bc7eef06ecb9c9a46696a',
  22: '24d012bad00633b37518066719d9ae1cca5f48795f11634d4fdb162204b92405',
  23: '7840b9fdb4352a3ec9081ee6858befdb4c019027961b8df2d22fbfb1837d55bb',
  24: 'c214e1a2e252ca2cff01c94d2f3c267ac0a43cfcb262b1ff81e5c45885dd47aa',
  25: '534f1044342b25d4d39ba0ecf183e20d7b3bb9bc4ed44a37ffa41cc8833d2643',
  26: 'd14aa85d03149bc760f7c8404c13ae0b44cfdc9b2d87626894134b19ed28246a',
  27: '31e75211a6f361cb38fb5d1d62df7ee9e26e915cb2bdea2a55bba05573f960e5',
  28: '5f56c397638ea05303d312765ccb6887c3ee0b9f2be44c29bd3df8e68064d107',
  29: '28a371722f11b91038991e76555efd9a041075e26c274c1ec0ef7ead6510d69c',
};

it('migrations stay, byte for byte, as they landed', () => {
  const hashes = MIGRATIONS.map(({ number, sql }) => [
    number,
    createHash('sha256').update(sql).digest('hex'),
  ]);
  expect(Object.fromEntries(hashes)).toEqual(LANDED);
});
