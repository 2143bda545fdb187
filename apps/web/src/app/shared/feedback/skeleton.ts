import { Component, computed, input } from '@angular/core';

/** Grey bars in the place of lines that are on their way, as tall as what will come. */
@Component({
  selector: 'cr-skeleton',
  template: `
    <span class="visually-hidden" role="status">Loading…</span>
    @for (width of widths(); track $index) {
      <div class="row"><span class="bar" [style.width.%]="width"></span></div>
    }
  `,
  styles: `
    .row {
      display: flex;
      align-items: center;
      height: var(--skeleton-row, var(--row));
      padding: 0 12px;
    }
    .bar {
      height: 12px;
      border-radius: 6px;
      background: linear-gradient(90deg, var(--line) 30%, var(--hover) 50%, var(--line) 70%) 0 0 / 300% 100%;
      animation: shimmer 1.6s ease-in-out infinite;
    }
    @keyframes shimmer {
      from {
        background-position: 100% 0;
      }
      to {
        background-position: 0 0;
      }
    }
  `,
})
export class Skeleton {
  readonly rows = input(8);

  /** Uneven, so that it reads as text. */
  protected readonly widths = computed(() =>
    Array.from({ length: this.rows() }, (_, row) => 38 + ((row * 37) % 50)),
  );
}
