/** REST calls, typed by the server's own OpenAPI document. */
import createClient from "openapi-fetch";
import { BASE } from "../base";
import type { components, paths } from "./generated/openapi";

type Problem = components["schemas"]["Problem"];

/** Milliseconds after which a call that is not answered has failed: on a dead line no error comes by itself. */
const PATIENCE = 60_000;
/** The same for a call that only asks, and so can be made again. */
const READ_PATIENCE = 20_000;

export const http = createClient<paths>({
  baseUrl: BASE,
  fetch: (request) =>
    fetch(request, { signal: AbortSignal.timeout(request.method === "GET" ? READ_PATIENCE : PATIENCE) }),
});

/** What the server answered instead: an RFC 9457 problem. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** What is wrong with which field. */
    readonly fields: ReadonlyMap<string, string>,
  ) {
    super(detail);
  }
}

/** There was no answer: the server, or the network, is away. */
export class Unreachable extends Error {}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer's body. Raises Refused or Unreachable. */
export async function answer<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    throw new Unreachable("", { cause });
  });
  if (response.ok) return data as T;
  const problem = isProblem(error) ? error : null;
  const fields = new Map(problem?.errors?.map(({ field, message }) => [field, message]) ?? []);
  throw new Refused(response.status, problem?.code ?? "unavailable", problem?.detail ?? response.statusText, fields);
}

function isProblem(error: unknown): error is Problem {
  return typeof error === "object" && error !== null && "code" in error && "detail" in error;
}
