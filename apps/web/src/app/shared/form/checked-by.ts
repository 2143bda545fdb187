import * as z from 'zod';

/**
 * A schema for a form whose values are not a request yet: the form is first made into the request, which the API's own schema then
 * checks. Fields of the form are named and nested as in the request, so that each error finds its field; `toFormPath` is for those that
 * are not. An error must be at a field that the form has.
 */
export function checkedBy<Form>(
  request: z.ZodType,
  toRequest: (form: Form) => unknown,
  toFormPath: (path: PropertyKey[]) => PropertyKey[] = (path) => path,
) {
  return z.custom<Form>().superRefine((form, context) => {
    for (const issue of request.safeParse(toRequest(form)).error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: toFormPath([...issue.path]), message: issue.message });
    }
  });
}
