import {
  ASSET,
  INVOICE,
  INVOICE_READ,
  INVOICE_TEXT,
  KEY,
  LABEL,
  MAX_FEE,
  ONE_LABEL,
  PAGE,
  PAY,
  PAY_READ,
  type Route,
} from "./route.ts";

const PAY_FIELDS = { invoice: INVOICE_TEXT, maxFee: MAX_FEE, label: LABEL, idempotencyKey: KEY } as const;

const SEND_FIELDS = {
  node: { type: "text", required: true, most: 42, about: "id of the payee" },
  amount: { type: "text", required: true, most: 64, about: "a decimal number above 0" },
  asset: ASSET,
  text: { type: "text", required: false, most: 192, about: "for the payee; at most 192 bytes" },
  maxFee: MAX_FEE,
  label: LABEL,
  idempotencyKey: KEY,
} as const;

/** Invoices and payments. */
export const PAYMENT_ROUTES = {
  invoice: {
    method: "POST",
    path: "/v1/invoices",
    about: "Asks for a payment: the text of the invoice is for the payer.",
    fields: {
      amount: { type: "text", required: true, most: 64, about: "a decimal number above 0" },
      asset: ASSET,
      description: { type: "text", required: false, most: 256, about: "what it is for; the payer reads it" },
      validSeconds: {
        type: "number",
        required: false,
        least: 1,
        most: 31_536_000,
        about: "an hour if left out",
      },
      label: LABEL,
      hold: {
        type: "boolean",
        required: false,
        about: "whether its payment is held until it is settled or cancelled; false if left out",
      },
      hash: {
        type: "text",
        required: false,
        most: 66,
        about: "sha256 of a secret that is known elsewhere; its payment is held in any case",
      },
      holdSeconds: {
        type: "number",
        required: false,
        least: 1,
        most: 2_592_000,
        about: "for which its payment can be held at least; an hour if left out",
      },
    },
    needs: INVOICE,
    answer: "Invoice",
  },
  invoices: {
    method: "GET",
    path: "/v1/invoices",
    about: "Invoices of this node, and what came without one, newest first.",
    fields: { ...PAGE, label: ONE_LABEL },
    needs: INVOICE_READ,
    answer: "InvoiceList",
  },
  invoiceOf: {
    method: "GET",
    path: "/v1/invoices/{hash}",
    about: "One invoice of this node.",
    fields: {},
    needs: INVOICE_READ,
    answer: "Invoice",
  },
  settleInvoice: {
    method: "POST",
    path: "/v1/invoices/{hash}/settle",
    about: "Takes the payment that is held for an invoice: its secret is shown to the payer.",
    fields: {
      secret: {
        type: "text",
        required: false,
        most: 66,
        about: "32 bytes as 0x and hex, if this node does not know it",
      },
    },
    needs: INVOICE,
    answer: "Invoice",
  },
  cancelInvoice: {
    method: "POST",
    path: "/v1/invoices/{hash}/cancel",
    about: "Gives back what is held for an invoice, and takes no payment for it any more.",
    fields: {},
    needs: INVOICE,
    answer: "Invoice",
  },
  pay: {
    method: "POST",
    path: "/v1/payments",
    about:
      "Pays an invoice over a route that the node finds, or in parts over several; answers as soon as the payment is " +
      "on its way.",
    fields: PAY_FIELDS,
    needs: PAY,
    answer: "Payment",
  },
  send: {
    method: "POST",
    path: "/v1/spontaneous-payments",
    about:
      "Pays a node that made no invoice, if it takes such payments; answers as soon as it is on its way.",
    fields: SEND_FIELDS,
    needs: PAY,
    answer: "Payment",
  },
  payMany: {
    method: "POST",
    path: "/v1/payments/batch",
    about:
      "Pays many invoices or nodes in one call: each entry is a request of `POST /v1/payments` or of " +
      "`POST /v1/spontaneous-payments`, and gets an answer of its own, in the same place.",
    fields: {
      payments: {
        type: "list",
        required: true,
        least: 1,
        most: 1000,
        entries: [PAY_FIELDS, SEND_FIELDS],
        about: "requests, each with its own `idempotencyKey`",
      },
      waitSeconds: {
        type: "number",
        required: false,
        least: 0,
        most: 60,
        about: "answers when all have ended, or after so many seconds; at once if left out",
      },
    },
    mostBytes: 8_388_608,
    needs: PAY,
    answer: "PaymentBatch",
  },
  payments: {
    method: "GET",
    path: "/v1/payments",
    about: "Payments by this node, newest first.",
    fields: { ...PAGE, label: ONE_LABEL },
    needs: PAY_READ,
    answer: "PaymentList",
  },
  paymentOf: {
    method: "GET",
    path: "/v1/payments/{id}",
    about: "One payment by this node.",
    fields: {},
    needs: PAY_READ,
    answer: "Payment",
  },
} as const satisfies Record<string, Route>;
