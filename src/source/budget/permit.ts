import type { BucketReport, Slot } from './rate-gate.ts';
import type { RequestWindow } from './request-window.ts';

/** The permit to send one request. It counts against the budget from `take` on, and for a minute from `spend` on. */
export interface Permit {
  /** The request goes out now. `null`, and the permit is void, when it may no longer: the project has fallen silent, or others took what was left. */
  spend(): SpentRequest | null;
  /** The request does not go out. Does nothing after `spend`. */
  giveBack(): void;
}

/** A request that is paid for and on its way. */
export interface SpentRequest {
  /** Notes that it has ended. See `Slot.ended`. */
  ended(report: BucketReport): void;
}

/** A permit for the request of `slot`. `onChange`: others may have become free to go. */
export function createPermit(
  slot: Slot,
  options: { window: RequestWindow; isUrgent: boolean; onChange: () => void },
): Permit {
  const { window, isUrgent, onChange } = options;
  let isOpen = true;

  const close = (): boolean => {
    const wasOpen = isOpen;
    if (wasOpen) window.release();
    isOpen = false;
    return wasOpen;
  };
  const giveBack = (): void => {
    if (!close()) return;
    slot.ended('unknown');
    onChange();
  };

  window.hold();
  return {
    spend: () => {
      if (window.pausedForMs() > 0 || !window.isCovered() || !slot.isOpen(isUrgent)) giveBack();
      if (!close()) return null;
      const spent = spendSlot(slot, window, onChange);
      onChange();
      return spent;
    },
    giveBack,
  };
}

/** Sends the request of `slot` at once, without a permit. `onChange` is called when it has ended. */
export function spendSlot(slot: Slot, window: RequestWindow, onChange: () => void): SpentRequest {
  window.spend();
  slot.sent();
  return {
    ended: (report) => {
      slot.ended(report);
      onChange();
    },
  };
}
