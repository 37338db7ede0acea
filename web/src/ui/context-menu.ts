/**
 * A menu at the pointer, `{@attach contextMenu(label, groups)}`: by the right button, the menu key or Shift+F10, and a long
 * press. ARIA's Menu pattern. The menu itself is fetched when the first one is opened.
 */
import type { Attachment } from "svelte/attachments";
import { t } from "../i18n/translate.svelte";
import type { MenuGroup } from "./menu";
import type { Box } from "./place";
import { toast } from "./toast.svelte";

/** Milliseconds of a long press, and the pixels a finger may move meanwhile. */
const LONG = 500;
const STILL = 10;

export function contextMenu(label: string, groups: () => readonly MenuGroup[]): Attachment<HTMLElement> {
  return (node) => {
    let isOpen = false;
    let press: { readonly x: number; readonly y: number; readonly timer: ReturnType<typeof setTimeout> } | null = null;

    async function open(anchor: Box, held = false): Promise<void> {
      if (isOpen) return;
      isOpen = true;
      try {
        const list = await import("./context-menu-list").catch(() => null);
        if (list === null) toast(t("door.unreachable"));
        else if (node.isConnected) await list.showMenu(node, label, groups(), anchor, held);
      } finally {
        isOpen = false;
      }
    }

    function at(x: number, y: number): Box {
      return { left: x, right: x, top: y, bottom: y };
    }

    function contextmenu(event: MouseEvent): void {
      event.preventDefault();
      release();
      // The keyboard's has no place of its own.
      const isByTouch = event instanceof PointerEvent && event.pointerType === "touch";
      const isByPointer = isByTouch || event.button === 2;
      void open(isByPointer ? at(event.clientX, event.clientY) : node.getBoundingClientRect(), isByTouch);
    }

    function pointerdown(event: PointerEvent): void {
      if (event.pointerType !== "touch") return;
      const { clientX: x, clientY: y } = event;
      press = { x, y, timer: setTimeout(() => void open(at(x, y), true), LONG) };
    }
    function pointermove(event: PointerEvent): void {
      if (press !== null && Math.hypot(event.clientX - press.x, event.clientY - press.y) > STILL) release();
    }
    function release(): void {
      if (press !== null) clearTimeout(press.timer);
      press = null;
    }

    const events = { contextmenu, pointerdown, pointermove, pointerup: release, pointercancel: release };
    const listeners = Object.entries(events) as [string, EventListener][];
    for (const [name, listener] of listeners) node.addEventListener(name, listener);
    return () => {
      release();
      for (const [name, listener] of listeners) node.removeEventListener(name, listener);
    };
  };
}
