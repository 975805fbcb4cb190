using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What Gemini makes of a request: text framing is not billed, declarations and calls are billed by their fields.</summary>
/// <remarks>Google documents only that texts, media and declarations count; the constants are measured on recorded requests.</remarks>
internal sealed class GeminiRequestRules(bool flatImages) : RequestRules
{
    private readonly GeminiMediaRules _media = new(flatImages);

    public override void Tally(RequestTally tally, IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        tally.AddText(options?.Instructions);
        for (int index = 0; index < messages.Count; index++)
        {
            TallyContents(tally, messages[index].Contents);
        }

        ToolSet tools = ToolSet.Of(options);
        foreach (ToolDefinition tool in tools.Definitions)
        {
            TokenCount name = tally.Meter.Measure(tool.Name);
            TokenCount description = tally.Meter.Measure(tool.Description);
            TokenCount schema = tally.Meter.Measure(tool.SchemaJson);
            tally.AddTools(name.Tokens + description.Tokens + schema.Tokens, name.UpperBound + description.UpperBound + schema.UpperBound);
        }

        if (ResponseSchemaText.Of(options?.ResponseFormat) is { } format)
        {
            TokenCount count = tally.Meter.Measure(format.Json);
            tally.AddResponseSchema(count.Tokens, count.UpperBound + 32);
        }
    }

    private void TallyContents(RequestTally tally, IList<AIContent> contents)
    {
        for (int index = 0; index < contents.Count; index++)
        {
            switch (contents[index])
            {
                case TextContent text:
                    tally.AddText(text.Text);
                    break;
                case TextReasoningContent reasoning:
                    tally.AddText(reasoning.Text);
                    break;
                case FunctionCallContent call:
                    tally.AddToolCall(call.Name);
                    tally.AddToolCall(RequestJson.OfArguments(call));
                    break;
                case FunctionResultContent result:
                    tally.AddToolCall(result.RawRepresentation as string);
                    if (result.Result is IEnumerable<AIContent> parts)
                    {
                        TallyContents(tally, parts as IList<AIContent> ?? [.. parts]);
                    }
                    else
                    {
                        tally.AddToolCall(RequestJson.OfResult(result));
                    }

                    break;
                default:
                    TallyMedia(tally, contents[index], _media);
                    break;
            }
        }
    }
}
