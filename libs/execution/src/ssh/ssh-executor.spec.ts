import { describeServerExecutor } from '../contract/describe-server-executor';
import { SshdFixture } from './sshd-fixture';

jest.setTimeout(60_000);

describeServerExecutor('SshExecutor', async () => {
  const fixture = await SshdFixture.start();
  const user = await fixture.addUser();
  const server = fixture.server(user);
  return {
    createExecutor: () => fixture.createExecutor(user, server),
    remains: () => fixture.remains(user),
    dispose: () => fixture.stop(),
  };
});
