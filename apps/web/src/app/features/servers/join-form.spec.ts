import { emptyJoinForm, joinFormSchema, toCreateContainerServer } from './join-form';

const filled = {
  ...emptyJoinForm,
  name: 'Second machine',
  broker: { address: 'tls://runner-2.example.com:5443', joinToken: 'cronium-join-1.abc' },
};
const paths = (form: typeof filled) =>
  (joinFormSchema.safeParse(form).error?.issues ?? []).map((issue) => issue.path.join('.'));

describe('the form that joins a broker', () => {
  it('sends what was entered', () => {
    expect(paths(filled)).toEqual([]);
    expect(toCreateContainerServer(filled)).toMatchObject({ type: 'container', broker: filled.broker });
  });

  it.each<[Partial<typeof filled>, string]>([
    [{ name: ' ' }, 'name'],
    [{ broker: { ...filled.broker, joinToken: '' } }, 'broker.joinToken'],
    [{ broker: { ...filled.broker, address: '' } }, 'broker.address'],
    [{ broker: { ...filled.broker, address: 'https://runner-2:5443' } }, 'broker.address'],
    [{ broker: { ...filled.broker, address: 'tls://runner-2' } }, 'broker.address'],
    [{ broker: { ...filled.broker, address: 'tls://runner-2:65536' } }, 'broker.address'],
  ])('says at its field what is wrong with %j', (change, path) => {
    expect(paths({ ...filled, ...change })).toEqual([path]);
  });
});
