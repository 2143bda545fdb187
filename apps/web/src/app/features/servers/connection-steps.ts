import { Component, input } from '@angular/core';
import type { ConnectionStep, ConnectionTest } from '@cronium/contracts';
import { mdiAlertCircle, mdiCheckCircle, mdiCloseCircle, mdiMinusCircleOutline } from '@mdi/js';

import { Icon } from '../../shared/icon/icon';
import { DurationPipe } from '../../shared/time/duration';

const stepWords: Record<ConnectionStep, string> = {
  resolve: 'Find its address',
  connect: 'Connect',
  host_key: 'Check the host key',
  authenticate: 'Sign in',
  runner: 'Place the runner',
  interpreters: 'Find the interpreters',
};

const looks = {
  passed: { icon: mdiCheckCircle, word: 'passed' },
  failed: { icon: mdiCloseCircle, word: 'failed' },
  warning: { icon: mdiAlertCircle, word: 'passed, with a remark' },
  skipped: { icon: mdiMinusCircleOutline, word: 'not tried' },
} as const;

/** What a connection test found, step by step. */
@Component({
  selector: 'cr-connection-steps',
  imports: [DurationPipe, Icon],
  template: `
    <ol aria-label="Connection test" data-testid="connection-test">
      @for (step of test().steps; track step.step) {
        <li [class]="step.state">
          <cr-icon [path]="looks[step.state].icon" [title]="looks[step.state].word" />
          <span class="what">
            <strong>{{ stepWords[step.step] }}</strong>
            <span class="small">{{ step.message }}</span>
          </span>
          @if (step.state !== 'skipped') {
            <span class="muted small tabular">{{ step.durationMs | duration }}</span>
          }
        </li>
      }
    </ol>
  `,
  styles: `
    ol {
      margin: 0;
      padding: 0;
      list-style: none;
    }
    li {
      display: flex;
      gap: 10px;
      padding: 6px 0;
    }
    .what {
      flex: 1;
      min-width: 0;
      overflow-wrap: anywhere;
    }
    strong {
      display: block;
      font-weight: 550;
    }
    .passed cr-icon {
      color: var(--state-succeeded);
    }
    .failed cr-icon {
      color: var(--state-failed);
    }
    .warning cr-icon {
      color: var(--state-warning);
    }
    .skipped {
      color: var(--text-muted);
    }
  `,
})
export class ConnectionSteps {
  readonly test = input.required<ConnectionTest>();

  protected readonly stepWords = stepWords;
  protected readonly looks = looks;
}
