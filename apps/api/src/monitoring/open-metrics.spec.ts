import { toOpenMetrics } from './open-metrics';

describe('toOpenMetrics', () => {
  it('names families of counters without their suffix, leaves no empty line, and says the end', () => {
    const text = `# HELP jobs_total Jobs.
# TYPE jobs_total counter
jobs_total{state="failed"} 1

# HELP wait_seconds A wait, of jobs_total.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="+Inf"} 1
`;
    expect(toOpenMetrics(text)).toBe(`# HELP jobs Jobs.
# TYPE jobs counter
jobs_total{state="failed"} 1
# HELP wait_seconds A wait, of jobs_total.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="+Inf"} 1
# EOF
`);
  });
});
