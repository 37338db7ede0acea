/** Does something that the server may refuse; says why when it does. Whether it was done. */
import { reason } from "../api/refusals";
import { toast } from "./toast.svelte";

export async function attempt(act: Promise<unknown>): Promise<boolean> {
  try {
    await act;
    return true;
  } catch (problem) {
    toast(reason(problem));
    return false;
  }
}
