import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Event, Execution, Session } from '@cronium/contracts';
import request from 'supertest';

import { expectProblem } from './expectations';
import { Prometheus, promtool } from './prometheus';
import { onFake, startTestApp, type TestApp } from './test-app';

const operations = join(__dirname, '../../../docs/operations');
const token = 'scraper-of-the-tests-0123456789';
const openMetrics = 'application/openmetrics-text; version=1.0.0';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}
interface Targets {
  readonly activeTargets: readonly { readonly health: string; readonly lastError: string }[];
}
interface Vector {
  readonly result: readonly { readonly value: [number, string] }[];
}
interface RuleGroups {
  readonly groups: readonly {
    readonly rules: readonly { readonly name: string; readonly health: string }[];
  }[];
}

/** What Prometheus and Grafana get of the product, tried with the tools themselves. */
describe('metrics', () => {
  let app: TestApp;
  let user: Session;
  beforeAll(async () => {
    app = await startTestApp(onFake(), { environment: { CRONIUM_METRICS_TOKEN: token } });
    user = await app.signIn('USER');
    const { id } = (
      await app.as(user, 'post', '/events').send({ name: 'A secret name', type: 'BASH', content: 'echo 1' })
    ).body as Event;
    const done = await app.as(user, 'post', `/events/${id}/run?wait=30`).send({});
    expect((done.body as Execution).state).toBe('succeeded');
    await request(app.server).get('/api/no/such/route').expect(404);
  });
  afterAll(() => app.close());

  const scrape = async (accept = '*/*') =>
    request(app.server)
      .get('/metrics')
      .set('Authorization', `Bearer ${token}`)
      .set('Accept', accept)
      .expect(200);

  it('are as Prometheus wants them', async () => {
    const { text, headers } = await scrape();
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(promtool(['check', 'metrics'], text)).toBe('');
  });

  it('tell of jobs, requests and the installation, and no name that a user made', async () => {
    const { text } = await scrape();
    expect(text).toContain('cronium_jobs_ended_total{state="succeeded",cause="script"} 1');
    expect(text).toContain('cronium_job_start_seconds_count{server_type="container"} 1');
    expect(text).toContain('cronium_job_run_seconds_count{server_type="container"} 1');
    expect(text).toMatch(
      /cronium_http_request_seconds_count\{method="POST",route="\/api\/events\/:id\/run",status="2xx"\} 1/,
    );
    expect(text).toMatch(/cronium_http_request_seconds_count\{method="GET",route="none",status="4xx"\} 1/);
    expect(text).toContain('cronium_database_up 1');
    expect(text).toContain('cronium_servers{health="healthy"} 1');
    expect(text).toContain('cronium_jobs{state="running"} 0');
    expect(text).not.toContain('secret name');
  });

  it('are OpenMetrics for who asks for that', async () => {
    const { text, headers } = await scrape(openMetrics);
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(text).toContain('# TYPE cronium_jobs_ended counter\n');
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    // One says nothing of the next.
    expect((await scrape()).text).toContain('# TYPE cronium_jobs_ended_total counter\n');
  });

  it('are for administrators, and for the scraper, whose token is for nothing else', async () => {
    const admin = await app.signIn('ADMIN');
    const as = (bearer: string, path = '/metrics') =>
      request(app.server).get(path).set('Authorization', `Bearer ${bearer}`);
    await as(admin.accessToken).expect(200);
    expectProblem(await as(user.accessToken), 403, 'forbidden');
    expectProblem(await as(`${token}x`), 401, 'token_invalid');
    expectProblem(await as(token, '/api/events'), 401, 'token_invalid');
  });

  it('have rules for alerts that promtool tests', () => {
    expect(promtool(['check', 'rules', join(operations, 'prometheus-rules.yml')])).toContain('9 rules found');
    expect(promtool(['test', 'rules', join(operations, 'prometheus-rules.test.yml')])).toContain('SUCCESS');
  });

  it('are scraped, evaluated and drawn', async () => {
    const prometheus = await Prometheus.start(`
global: { scrape_interval: 200ms, evaluation_interval: 200ms }
rule_files: ['${join(operations, 'prometheus-rules.yml')}']
scrape_configs:
  - job_name: cronium
    authorization: { credentials: ${token} }
    static_configs: [{ targets: ['${new URL(app.url).host}'] }]
`);
    try {
      for (;;) {
        const { data } = await prometheus.ask<Targets>('targets?state=active');
        const [target] = data.activeTargets;
        expect(target?.lastError ?? '').toBe('');
        if (target?.health === 'up') break;
      }
      // Two scrapes at least, for rates.
      const scrapes = 'query?query=count_over_time(cronium_database_up[1h])';
      while (Number((await prometheus.ask<Vector>(scrapes)).data.result[0]?.value[1] ?? 0) < 3);

      const rules = async () =>
        (await prometheus.ask<RuleGroups>('rules')).data.groups.flatMap((group) => group.rules);
      while ((await rules()).some(({ health }) => health === 'unknown'));
      expect((await rules()).filter(({ health }) => health !== 'ok')).toEqual([]);

      const dashboard = JSON.parse(
        readFileSync(join(operations, 'grafana-dashboard.json'), 'utf8'),
      ) as Dashboard;
      const known = await prometheus.ask<readonly string[]>('label/__name__/values');
      for (const { expr } of dashboard.panels.flatMap(({ targets }) => targets)) {
        const query = encodeURIComponent(expr.replaceAll('$__rate_interval', '1m'));
        expect(await prometheus.ask(`query?query=${query}`)).toMatchObject({ status: 'success' });
        for (const name of expr.match(/\b(cronium|process|nodejs)_\w+/g) ?? [])
          expect(known.data).toContain(name);
      }
    } finally {
      await prometheus.stop();
    }
  });
});
