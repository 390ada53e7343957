import { keysNotYet, postgresNotYet } from './not-yet.ts';
import type { Rule } from './rule.ts';
import {
  baseUrlsAreOrigins,
  channelUrlsAreUsable,
  heartbeatUrlsAreUsable,
  mailAddressesAreSound,
  mailServersAreUsable,
  timeZonesExist,
} from './rules/addresses.ts';
import { digestsAreCron, somebodyIsToldAtOnce } from './rules/digests.ts';
import { drillNamesWatch, drillReachesSomebody, drillScheduleIsCron } from './rules/drill.ts';
import { fallbacksLeadNowhereBack, fallbacksNameOtherChannels } from './rules/fallbacks.ts';
import { connectionsAreUsed, connectionsExist, namesAreUnique } from './rules/names.ts';
import {
  channelsAreUsed,
  remindersHaveWhatLasts,
  routesNameChannels,
  routesNameLabels,
  routesNameWatches,
  somebodyIsTold,
} from './rules/routes.ts';
import {
  caFilesAreCertificates,
  openServersAskForToken,
  storeAndAuditDiffer,
  storesAreKnown,
} from './rules/surroundings.ts';
import { bodiesStandOnce, templatesRender } from './rules/templates.ts';
import {
  apiVersionFitsAddress,
  apiVersionFitsKind,
  jobIdsDiffer,
  schedulesAreCron,
  serverlessHasEnded,
  targetsDiffer,
} from './rules/watches.ts';
import { headersCanBeSent, webhookSecretsCanSign } from './rules/webhooks.ts';

/** Everything the schema cannot say. Each rule stands alone, and the order does not matter. */
export const RULES: readonly Rule[] = [
  namesAreUnique,
  connectionsExist,
  connectionsAreUsed,
  apiVersionFitsAddress,
  apiVersionFitsKind,
  schedulesAreCron,
  targetsDiffer,
  jobIdsDiffer,
  serverlessHasEnded,
  baseUrlsAreOrigins,
  channelUrlsAreUsable,
  heartbeatUrlsAreUsable,
  mailServersAreUsable,
  mailAddressesAreSound,
  timeZonesExist,
  bodiesStandOnce,
  templatesRender,
  webhookSecretsCanSign,
  headersCanBeSent,
  fallbacksNameOtherChannels,
  fallbacksLeadNowhereBack,
  routesNameChannels,
  routesNameWatches,
  routesNameLabels,
  somebodyIsTold,
  channelsAreUsed,
  digestsAreCron,
  somebodyIsToldAtOnce,
  remindersHaveWhatLasts,
  drillScheduleIsCron,
  drillNamesWatch,
  drillReachesSomebody,
  openServersAskForToken,
  storesAreKnown,
  storeAndAuditDiffer,
  caFilesAreCertificates,
  keysNotYet,
  postgresNotYet,
];
