import { Component, computed, inject, input, output } from '@angular/core';

import { Clock } from '../../shared/time/clock';
import { dateIn, formatDate, hour, ownZone } from '../../shared/time/zone-days';
import type { PlannedDay, PlannedHour } from './planned-days';
import { RunChip } from './run-chip';

/** Runs that a cell shows; the day has the others. */
const shown = 2;

interface Row {
  readonly time: string;
  readonly cells: readonly (PlannedHour | undefined)[];
}

/** A week, a day a column and an hour a row; the shade of a cell is its load. */
@Component({
  selector: 'cr-week-grid',
  imports: [RunChip],
  templateUrl: './week-grid.html',
  styleUrl: './week-grid.scss',
})
export class WeekGrid {
  private readonly clock = inject(Clock);

  readonly days = input.required<readonly PlannedDay[]>();
  readonly zone = input.required<string>();
  /** The load of the darkest cell. */
  readonly most = input.required<number>();
  /** A day that is to be seen whole. */
  readonly dayChosen = output<string>();

  /** By what the clocks show: where they change, an hour of the day is missing, or the first of two counts for both. */
  protected readonly rows = computed<readonly Row[]>(() =>
    Array.from({ length: 24 }, (_, index) => {
      const time = `${String(index).padStart(2, '0')}:00`;
      const cells = this.days().map(({ hours }) =>
        together(hours.filter((one) => one.time.slice(0, 2) === time.slice(0, 2))),
      );
      return { time, cells };
    }),
  );
  protected readonly today = computed(() => dateIn(this.clock.coarseNow(), this.zone() || ownZone()));

  protected isOver({ hours }: PlannedDay): boolean {
    return this.isPast(hours.at(-1));
  }

  protected heading(date: string): string {
    return formatDate(date, { weekday: 'short', day: 'numeric', month: 'short' });
  }

  /** Of more than have room, those that need attention, and then those of events that run seldom. */
  protected first(cell: PlannedHour): PlannedHour['runs'] {
    const weight = ({ event, clash }: PlannedHour['runs'][number]) =>
      clash?.tooMany ? 0 : event.runs.length;
    const chosen = [...cell.runs].sort((one, other) => weight(one) - weight(other)).slice(0, shown);
    return chosen.sort((one, other) => one.at - other.at);
  }

  protected rest(cell: PlannedHour): number {
    return Math.max(0, cell.runs.length - shown) + cell.often.reduce((sum, { count }) => sum + count, 0);
  }

  protected isPast(cell: PlannedHour | undefined): boolean {
    return cell !== undefined && cell.at + hour <= this.clock.coarseNow();
  }

  protected shade(cell: PlannedHour | undefined): number {
    return cell ? Math.round((cell.load / this.most()) * 16) : 0;
  }
}

function together(hours: readonly PlannedHour[]): PlannedHour | undefined {
  const [first, ...others] = hours;
  return others.reduce(
    (sum, one) => sum && { ...sum, runs: [...sum.runs, ...one.runs], load: sum.load + one.load },
    first,
  );
}
