import { Component, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { Server } from '@cronium/contracts';

import { queueWords } from '../../shared/look/queue-words';
import { DurationPipe } from '../../shared/time/duration';
import { isolationWords } from './isolation-words';
import { runtimeWords } from './runtime-words';

/** What a server is: its load and limits for everyone, how it is reached for those who may manage it. */
@Component({
  selector: 'cr-server-facts',
  imports: [DurationPipe, RouterLink],
  template: `
    @let one = server();
    <dl class="card" aria-label="Facts">
      <div>
        <dt>Jobs now</dt>
        <dd>
          {{ one.load.active }} of {{ one.maxConcurrentJobs
          }}{{ one.load.queued ? ', ' + queueWords(one.load) : '' }}
        </dd>
      </div>
      <div>
        <dt>Its queue</dt>
        <dd>
          <a routerLink="/queue" [queryParams]="{ serverId: one.id }" data-testid="server-queue">{{
            one.load.queued === 1 ? '1 job' : one.load.queued + ' jobs'
          }}</a>
          of {{ one.maxQueuedJobs.toLocaleString('en') }}; then
          {{ one.whenQueueFull === 'refuse' ? 'new runs are refused' : 'more wait all the same' }}
        </dd>
      </div>
      <div>
        <dt>While it is away</dt>
        <dd>
          {{
            one.whenUnhealthy === 'wait'
              ? 'jobs wait, ' + one.waitMinutes + ' min at most'
              : 'jobs fail at once'
          }}
        </dd>
      </div>
      <div>
        <dt>A job may use</dt>
        <dd>
          {{ one.limits.cpu }} {{ one.limits.cpu === 1 ? 'core' : 'cores' }}, {{ one.limits.memoryMb }} MiB
          memory, {{ one.limits.diskMb }} MiB disk, {{ one.limits.pids }} processes,
          {{ one.limits.outputMb }} MiB output
        </dd>
      </div>
      @if (one.broker; as broker) {
        <div>
          <dt>Broker</dt>
          <dd class="mono" data-testid="broker">{{ broker.address }}</dd>
        </div>
        <div>
          <dt>Its certificate, SHA-256</dt>
          <dd class="mono">{{ broker.fingerprint }}</dd>
        </div>
      }
      @if (one.containerConfig; as config) {
        <div>
          <dt>Isolation</dt>
          <dd data-testid="isolation">
            {{ isolationWords[config.isolation].fact }}
            @if (isolationWords[config.isolation].cautions.length > 0) {
              <span class="weaker">weaker than a container for each job</span>
            }
          </dd>
        </div>
        <div>
          <dt>Kernel that scripts meet</dt>
          <dd data-testid="runtime">{{ runtimeWords[config.runtime].title }}</dd>
        </div>
        <div>
          <dt>Image</dt>
          <dd class="mono">{{ config.image }}</dd>
        </div>
        @if (config.isolation !== 'job') {
          <div>
            <dt>Container</dt>
            <dd class="mono">{{ config.containerName }}</dd>
          </div>
        }
        @if (config.isolation !== 'shared') {
          <div>
            <dt>{{ config.isolation === 'job' ? 'Warm sandboxes' : 'Warm runners' }}</dt>
            <dd>{{ config.pool.size }}</dd>
          </div>
        }
      }
      @if (one.connection; as connection) {
        <div>
          <dt>Address</dt>
          <dd class="mono">{{ connection.username }}&#64;{{ connection.host }}:{{ connection.port }}</dd>
        </div>
        @if (connection.jumpServer; as jump) {
          <div>
            <dt>Through</dt>
            <dd>
              <a [routerLink]="['/servers', jump.id]">{{ jump.name }}</a>
            </dd>
          </div>
        }
        <div>
          <dt>Host key</dt>
          <dd class="mono">
            {{
              connection.hostKey
                ? connection.hostKey.fingerprint + ' ' + connection.hostKey.algorithm
                : 'not approved yet'
            }}
          </dd>
        </div>
        <div>
          <dt>Signs in with</dt>
          <dd>{{ connection.authentication === 'key' ? 'a private key' : 'a password' }}</dd>
        </div>
        <div>
          <dt>Lost after</dt>
          <dd>{{ connection.graceSeconds * 1000 | duration }} without a connection</dd>
        </div>
        @if (connection.publicKey; as key) {
          <div class="whole">
            <dt>Public key, for <code>~/.ssh/authorized_keys</code></dt>
            <dd>
              <code class="key">{{ key }}</code>
            </dd>
          </div>
        }
      }
    </dl>
  `,
  styles: `
    dl {
      display: grid;
      grid-template-columns: repeat(auto-fill, minmax(220px, 1fr));
      gap: 12px 24px;
      padding: 16px;
    }
    div {
      min-width: 0;
    }
    .whole {
      grid-column: 1 / -1;
    }
    dt {
      color: var(--text-muted);
      font-size: var(--text-small);
    }
    dd {
      font-weight: 550;
      font-variant-numeric: tabular-nums;
      overflow-wrap: anywhere;
    }
    .weaker {
      display: block;
      color: var(--state-warning);
      font-weight: 400;
      font-size: var(--text-small);
    }
    .key {
      display: block;
      max-width: 100%;
      padding: 6px 8px;
      border-radius: var(--radius-small);
      background: var(--surface-sunken);
      font-weight: 400;
      user-select: all;
    }
  `,
})
export class ServerFacts {
  readonly server = input.required<Server>();

  protected readonly isolationWords = isolationWords;
  protected readonly runtimeWords = runtimeWords;
  protected readonly queueWords = queueWords;
}
