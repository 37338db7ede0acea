/** REST calls, typed by the server's own OpenAPI document. */
import createClient from "openapi-fetch";
import { BASE } from "../base";
import { fetchSentences, type FieldRefusal, type Refusal } from "../i18n/errors";
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
export class Refused extends Error implements Refusal {
  readonly code: string;
  readonly reason: string | null;
  readonly detail: string;
  /** What is wrong with which field. */
  readonly fields: readonly FieldRefusal[];

  constructor(
    readonly status: number,
    problem: Partial<Problem>,
    readonly retry_after: number | null,
  ) {
    super(problem.detail);
    this.code = problem.code ?? "unavailable";
    this.reason = problem.reason ?? null;
    this.detail = problem.detail ?? "";
    this.fields = (problem.errors ?? []).map((error) => ({ code: "invalid", ...error }));
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
  await fetchSentences();
  const wait = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const problem = isProblem(error) ? error : { detail: response.statusText };
  throw new Refused(response.status, problem, Number.isFinite(wait) ? wait : null);
}

function isProblem(error: unknown): error is Problem {
  return typeof error === "object" && error !== null && "code" in error && "detail" in error;
}
