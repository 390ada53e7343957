import { setImmediate as nextTurn } from 'node:timers/promises';
import { titleOf } from '../domain/event/message.ts';
import { watchOf } from '../domain/event/subject.ts';
import { type Blindness, blindnessBefore, isAboutSightOf, wasFoundLate } from '../domain/explain/sight.ts';
import { type ChannelWhy, explainTelling, type Reason, type TellingConfig } from '../domain/explain/why.ts';
import { toIso, toIsoOrNull } from '../domain/instant.ts';
import type { Delivery } from '../store/ports/outbox.ts';
import type { RecordedEvent, RecordReader } from '../store/ports/records.ts';
import type { View } from './views.ts';

/** Why an event was told to whom it was told, and when it was found. */
export interface EventWhy {
  channels: Array<ChannelWhy<Delivery>>;
  /** There for what was found late. */
  blindness: Blindness | null;
}

/** So many events of a watch are looked through for what it could not see. */
const MOST_LOOKED_AT = 2_000;
const PAGE = 200;

/**
 * Explains an event on record. `config` is the one in force now; `null`: it cannot be read.
 * @throws {StoreError}
 */
export async function whyOf(
  records: Pick<RecordReader, 'listEvents'>,
  recorded: RecordedEvent,
  config: TellingConfig | null,
): Promise<EventWhy> {
  const channels = explainTelling(recorded, config);
  return { channels, blindness: await blindnessOf(records, recorded) };
}

async function blindnessOf(
  records: Pick<RecordReader, 'listEvents'>,
  { event }: RecordedEvent,
): Promise<Blindness | null> {
  if (!wasFoundLate(event)) return null;
  const alerts: RecordedEvent['event'][] = [];
  const watch = watchOf(event) ?? undefined;
  let cursor: string | undefined;
  let looked = 0;
  do {
    const page = await records.listEvents({ watch, until: event.detectedAt + 1, limit: PAGE, cursor });
    alerts.push(...page.items.map((one) => one.event).filter((one) => isAboutSightOf(one, event)));
    looked += PAGE;
    cursor = page.nextCursor ?? undefined;
    const oldest = page.items.at(-1)?.event.detectedAt ?? 0;
    // The newest that began before it is enough.
    if (alerts.length > 0 && oldest < event.occurredAt) break;
    await nextTurn();
  } while (cursor !== undefined && looked < MOST_LOOKED_AT);
  return blindnessBefore(event, alerts);
}

/** As scripts see it. `basis`: `recorded`, or `configuration` for what follows from the configuration of now. */
export function whyView({ channels, blindness }: EventWhy): View {
  return {
    channels: channels.map(({ channel, deliveries, reasons }) => ({
      channel,
      told: deliveries.some(({ status }) => status === 'delivered'),
      statuses: deliveries.map(({ status }) => status),
      reasons: reasons.map(reasonView),
    })),
    blindness: blindness && {
      lastLookAt: toIsoOrNull(blindness.lastLookAt),
      foundAt: toIso(blindness.foundAt),
      alert: blindness.alert && {
        id: blindness.alert.id,
        detectedAt: toIso(blindness.alert.detectedAt),
        summary: titleOf(blindness.alert),
      },
    },
  };
}

function reasonView(reason: Reason): View {
  if (reason.kind !== 'muted') return reason;
  const { mute, ...rest } = reason;
  return { ...rest, muteId: mute?.id ?? null };
}
