namespace MeaiBudget.Testing;

/// <summary>A piece of a request's input, in the order in which a provider reads it.</summary>
/// <param name="Part">The part to which it belongs.</param>
/// <param name="Label">Where it stands: a tool's name, or the place of a message.</param>
/// <param name="Text">Its text; for media a fingerprint.</param>
/// <param name="Tool">The name of the tool whose definition or result it is; null for others.</param>
/// <param name="IsToolCall">True for the tool call of an assistant.</param>
/// <param name="IsAnswer">True for what an assistant said, with its tool calls.</param>
internal sealed record PromptSegment(PromptPart Part, string Label, string Text, string? Tool = null, bool IsToolCall = false, bool IsAnswer = false);
