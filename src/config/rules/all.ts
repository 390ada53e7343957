import {
  baseUrlsAreOrigins,
  channelUrlsAreUsable,
  heartbeatUrlsAreUsable,
  mailAddressesAreSound,
  mailServersAreUsable,
  publicUrlLeadsSomewhere,
  runbookUrlLeadsSomewhere,
  timeZonesExist,
} from './addresses.ts';
import { schedulesFitCeilings } from './ceilings.ts';
import { digestsAreCron, somebodyIsToldAtOnce } from './digests.ts';
import {
  caFilesAreCertificates,
  logIsKeptAsLong,
  openServersAskForToken,
  postgresKeysHavePostgres,
  recordsAreKeptAWhile,
  storesAreKnown,
  witnessesAreUsable,
} from './environment.ts';
import { fallbacksLeadNowhereBack, fallbacksNameOtherChannels } from './fallbacks.ts';
import { ownFilesDiffer } from './files.ts';
import {
  instancesAreNoHosts,
  patternsAreNoExpressions,
  routesTakeWhatMatters,
  variablesHaveBraces,
} from './likely-slips.ts';
import { connectionsAreUsed, connectionsExist, drillsNameWatches, namesAreUnique } from './names.ts';
import {
  channelsAreUsed,
  remindersHaveWhatLasts,
  routesNameChannels,
  routesNameLabels,
  routesNameWatches,
  somebodyIsTold,
} from './routes.ts';
import type { Rule } from './rule.ts';
import { schedulesMeanWhatTheySay } from './schedules.ts';
import { bodiesStandOnce, templatesRender } from './templates.ts';
import { testAlertNamesWatch, testAlertReachesSomebody, testAlertScheduleIsCron } from './test-alert.ts';
import {
  actorsAreTold,
  apiVersionFitsAddress,
  apiVersionFitsKind,
  jobIdsDiffer,
  overlapsAreTold,
  schedulesAreCron,
  serverlessHasEnded,
} from './watches.ts';
import { headersCanBeSent, webhookSecretsAreKeys, webhookSecretsCanSign } from './webhooks.ts';

/** Everything the schema cannot say. Each rule stands alone, and the order does not matter. */
export const RULES: readonly Rule[] = [
  namesAreUnique,
  connectionsExist,
  connectionsAreUsed,
  apiVersionFitsAddress,
  apiVersionFitsKind,
  schedulesAreCron,
  schedulesFitCeilings,
  schedulesMeanWhatTheySay,
  instancesAreNoHosts,
  jobIdsDiffer,
  overlapsAreTold,
  actorsAreTold,
  serverlessHasEnded,
  baseUrlsAreOrigins,
  channelUrlsAreUsable,
  heartbeatUrlsAreUsable,
  publicUrlLeadsSomewhere,
  runbookUrlLeadsSomewhere,
  mailServersAreUsable,
  mailAddressesAreSound,
  timeZonesExist,
  bodiesStandOnce,
  templatesRender,
  webhookSecretsCanSign,
  webhookSecretsAreKeys,
  headersCanBeSent,
  fallbacksNameOtherChannels,
  fallbacksLeadNowhereBack,
  routesNameChannels,
  routesNameWatches,
  routesNameLabels,
  somebodyIsTold,
  routesTakeWhatMatters,
  patternsAreNoExpressions,
  channelsAreUsed,
  digestsAreCron,
  somebodyIsToldAtOnce,
  remindersHaveWhatLasts,
  drillsNameWatches,
  testAlertScheduleIsCron,
  testAlertNamesWatch,
  testAlertReachesSomebody,
  openServersAskForToken,
  storesAreKnown,
  postgresKeysHavePostgres,
  ownFilesDiffer,
  logIsKeptAsLong,
  witnessesAreUsable,
  recordsAreKeptAWhile,
  caFilesAreCertificates,
  variablesHaveBraces,
];
