import { createContainerServerSchema, type CreateContainerServerInput } from '@cronium/contracts';

import { checkedBy } from '../../shared/form/checked-by';

/** Sandboxes on another machine, as the page that adds them has them; named and nested as in the API. */
export interface JoinForm {
  name: string;
  description: string;
  tags: string[];
  broker: { address: string; joinToken: string };
}

export const emptyJoinForm: JoinForm = {
  ...{ name: '', description: '', tags: [] },
  broker: { address: '', joinToken: '' },
};

/** Body of `POST /api/servers`. */
export function toCreateContainerServer(form: JoinForm): CreateContainerServerInput {
  return { type: 'container', ...form };
}

/** What the API will check, checked here with the same schema. */
export const joinFormSchema = checkedBy<JoinForm>(createContainerServerSchema, toCreateContainerServer);
