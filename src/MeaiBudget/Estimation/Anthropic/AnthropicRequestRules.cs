using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts the parts of a request to Claude.</summary>
/// <remarks>
/// Anthropic does not publish its tokenizer or template. Framing and tool envelope are constants measured on recorded requests, one
/// set for each generation of models. Anthropic's "Tool use" page documents that the envelope depends on model and tool choice.
/// </remarks>
/// <param name="framing">The constants of the model's generation.</param>
/// <param name="hasSchemaAsTool">True if the host sends a response schema as a tool that must be called.</param>
internal sealed class AnthropicRequestRules(AnthropicFraming framing, bool hasSchemaAsTool) : RequestRules
{
    // Claude Code begins its system prompt with this text. The server removes it (measured: its tokens are not billed).
    private const string BillingHeader = "x-anthropic-billing-header:";

    private readonly AnthropicMediaRules _media = new(framing.HasLargeImages, framing.Image, framing.TextPercent);

    public override void Tally(RequestTally tally, IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        tally.AddFraming(framing.Start);
        if (options?.Instructions is { Length: > 0 } instructions)
        {
            tally.AddText(instructions);
        }

        for (int index = 0; index < messages.Count; index++)
        {
            ChatMessage message = messages[index];
            tally.AddFraming(message.Role == ChatRole.System ? 0 : framing.Message);
            TallyContents(tally, message.Contents);
        }

        var tools = ToolSet.Of(options);
        if (tools.Count > 0)
        {
            TallyTools(tally, tools, options!);
        }

        if (options?.Reasoning is { Effort: not ReasoningEffort.None })
        {
            bool isAdaptive = options.AdditionalProperties?.TryGetValue("thinking", out object? thinking) == true && thinking as string == "adaptive";
            tally.AddFraming(isAdaptive ? Math.Min(framing.AdaptiveThinking, framing.Thinking) : framing.Thinking);
        }

        if (HasCitations(messages))
        {
            // Measured: once a request, both tokenizers of Claude.
            tally.AddFraming(framing.Citations);
            tally.AddContentMargin(framing.Citations / 10);
        }

        tally.AddMargin(4 + messages.Count + (framing.HasLargeImages ? 40 : 0));
        if (ResponseSchemaText.Of(options?.ResponseFormat) is { } schema)
        {
            // Measured: one and a half times the schema's tokens, plus an introduction. A tool instead has its envelope and its own JSON.
            TokenCount count = tally.Meter.Measure(schema.FullJson);
            long tokens = hasSchemaAsTool
                ? framing.ToolsRequired + framing.Tool + count.Tokens
                : framing.ResponseSchema + (count.Tokens * 3L / 2);
            tally.AddResponseSchema(tokens, Math.Max(tokens + (tokens / 10), framing.ResponseSchema + (count.UpperBound * 2L)));
        }
    }

    private void TallyContents(RequestTally tally, IList<AIContent> contents)
    {
        for (int index = 0; index < contents.Count; index++)
        {
            switch (contents[index])
            {
                case TextContent { Text: var text } when text.StartsWith(BillingHeader, StringComparison.Ordinal) && !text.Contains('\n', StringComparison.Ordinal):
                    tally.AddContentMargin(tally.Meter.Measure(text).UpperBound);
                    break;
                case TextContent text:
                    tally.AddText(text.Text);
                    break;
                case FunctionCallContent call:
                    tally.AddToolCall(framing.Call + (framing.Argument * (call.Arguments?.Count ?? 0)));
                    tally.AddToolCall(call.Name);
                    tally.AddToolCall(RequestJson.OfArguments(call));
                    break;
                case FunctionResultContent result:
                    tally.AddToolCall(framing.Result);
                    TallyResult(tally, result);
                    break;
                case TextReasoningContent reasoning:
                    tally.AddText(reasoning.Text);
                    if (reasoning.ProtectedData is not null)
                    {
                        // The server removes the thinking of earlier turns and counts that of the current turn. The request does not tell which it is.
                        tally.AddContentMargin(reasoning.ProtectedData.Length / 3);
                    }

                    break;
                default:
                    TallyMedia(tally, contents[index], _media);
                    break;
            }
        }
    }

    private static bool HasCitations(IReadOnlyList<ChatMessage> messages)
    {
        for (int index = 0; index < messages.Count; index++)
        {
            if (HasCitations(messages[index].Contents))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasCitations(IEnumerable<AIContent> contents)
    {
        foreach (AIContent content in contents)
        {
            if (content.AdditionalProperties?.ContainsKey("citations") == true
                || (content is FunctionResultContent { Result: IEnumerable<AIContent> parts } && HasCitations(parts)))
            {
                return true;
            }
        }

        return false;
    }

    private void TallyResult(RequestTally tally, FunctionResultContent result)
    {
        if (result.Result is IEnumerable<AIContent> parts)
        {
            TallyContents(tally, parts as IList<AIContent> ?? [.. parts]);
        }
        else
        {
            tally.AddToolCall(RequestJson.OfResult(result));
        }
    }

    private void TallyTools(RequestTally tally, ToolSet tools, ChatOptions options)
    {
        long envelope = (options.ToolMode is RequiredChatToolMode ? framing.ToolsRequired : framing.Tools)
            - (options.AllowMultipleToolCalls == false ? framing.ParallelTools : 0);
        long tokens = envelope;
        long bound = envelope + (envelope / 10);
        foreach (ToolDefinition tool in tools.Definitions)
        {
            TokenCount name = tally.Meter.Measure(tool.Name);
            TokenCount description = tally.Meter.Measure(tool.Description);
            TokenCount schema = tally.Meter.Measure(tool.SchemaJson);
            tokens += framing.Tool + name.Tokens + description.Tokens + schema.Tokens;
            bound += framing.Tool + name.UpperBound + description.UpperBound + schema.UpperBound;
        }

        tally.AddTools(tokens, bound);
    }
}
