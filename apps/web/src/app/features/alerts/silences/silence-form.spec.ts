import { localTime, silenceFormSchema, toSilence, type SilenceForm } from './silence-form';

const id = '019abe00-0000-7000-8000-000000000001';
const form = (change: Partial<SilenceForm> = {}): SilenceForm => ({
  kind: '',
  about: '',
  reason: 'Maintenance',
  startsAt: '2026-05-01T10:00',
  endsAt: '2026-05-01T12:00',
  repeat: 'never',
  ...change,
});
const wrongIn = (change: Partial<SilenceForm>) =>
  silenceFormSchema.safeParse(form(change)).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('the form of a silence', () => {
  it('is a request for all alerts, or for those of one server or event', () => {
    expect(toSilence(form())).toMatchObject({ kind: null, serverId: null, eventId: null, repeat: 'never' });
    expect(toSilence(form({ about: `server ${id}` }))).toMatchObject({ serverId: id, eventId: null });
    expect(toSilence(form({ about: `event ${id}`, kind: 'did_not_run' }))).toMatchObject({
      ...{ serverId: null, eventId: id, kind: 'did_not_run' },
    });
  });

  it('takes times on the clock of the viewer', () => {
    const at = new Date(2026, 4, 1, 9, 5);
    expect(localTime(at)).toBe('2026-05-01T09:05');
    expect(toSilence(form({ startsAt: localTime(at) })).startsAt).toBe(at.toISOString());
  });

  it.each<[Partial<SilenceForm>, string[]]>([
    [{}, []],
    [{ reason: ' ' }, ['reason']],
    [{ startsAt: '' }, ['startsAt']],
    [{ endsAt: '2026-05-01T10:00' }, ['endsAt']],
    [{ endsAt: '2026-05-08T10:00', repeat: 'weekly' }, ['endsAt']],
  ])('with %j is wrong in %j', (change, fields) => {
    expect(wrongIn(change)).toEqual(fields);
  });
});
