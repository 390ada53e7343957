/** What this process may spend of a budget that it shares with other replicas. */
export interface BudgetShare {
  /** How many requests may go out at present. */
  left(): number;
  /** Sees to it that so many are left as soon as may be, and calls back once when they are. */
  ask(needed: number, onMore: () => void): void;
  /** A request goes out. Counts, whether or not any is left. */
  spend(): void;
  /** Has everybody who shares the budget be silent for so long. */
  silence(forMs: number): void;
  /** For how long others have asked everybody to be silent. */
  silentForMs(): number;
}

/** Gives this process's share of a budget: the same for the same name, whatever asks for it. */
export type ShareBudget = (name: string, perMinute: number) => BudgetShare;

/** All of every budget: this process shares it with nobody. */
export const WHOLE_BUDGET: BudgetShare = {
  left: () => Number.POSITIVE_INFINITY,
  ask: (_needed, onMore) => onMore(),
  spend: () => {},
  silence: () => {},
  silentForMs: () => 0,
};

/** Gives all of every budget to this process. */
export const shareWithNobody: ShareBudget = () => WHOLE_BUDGET;
