// examples/testing-your-app promises that its tests pass.
import "../../../examples/testing-your-app/cardholder.test.mjs";
