using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What Gemini makes of a request: text framing is not billed, declarations and calls are billed by their fields.</summary>
/// <remarks>Google documents only that texts, media and declarations count; the constants are measured on recorded requests.</remarks>
internal sealed class GeminiRequestRules(int generation) : RequestRules
{
    private readonly GeminiMediaRules _media = new(flat: generation >= 30);

    // What a declaration, each of its parameters, and a call or result add to their texts: one set for up to 2.0, 2.5, and from 3 on.
    private readonly int _tool = generation < 25 ? 4 : generation < 30 ? 28 : 34;
    private readonly int _parameter = generation < 25 ? 4 : 3;
    private readonly int _call = generation < 25 ? 0 : 10;

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
            TokenCount fields = tally.Meter.Measure(tool.Fields.Text);
            long extra = _tool + ((long)_parameter * tool.Fields.Count);
            long tokens = name.Tokens + description.Tokens + fields.Tokens - tool.Fields.Count + extra;

            // The server has changed how it writes declarations without a new model id: the bound leaves room for the longer form.
            tally.AddTools(Math.Max(0, tokens), (tokens * 3 / 2) + 40 + (extra * 2) + name.UpperBound + description.UpperBound + fields.UpperBound);
        }

        // A response schema constrains the answer and is not billed (measured); the bound allows for it all the same.
        if (ResponseSchemaText.Of(options?.ResponseFormat) is { } format)
        {
            tally.AddMargin(tally.Meter.Measure(format.FullJson).UpperBound);
        }
    }

    private void TallyContents(RequestTally tally, IList<AIContent> contents)
    {
        for (int index = 0; index < contents.Count; index++)
        {
            switch (contents[index])
            {
                case TextContent content:
                    tally.AddText(content.Text);
                    break;
                case TextReasoningContent reasoning:
                    tally.AddText(reasoning.Text);
                    break;
                case FunctionCallContent call:
                    tally.AddToolCall(_call);
                    tally.AddToolCall(call.Name);
                    tally.AddToolCall(RequestJson.FieldsOf(RequestJson.OfArguments(call)));
                    break;
                case FunctionResultContent result:
                    tally.AddToolCall(_call);
                    tally.AddToolCall(result.RawRepresentation as string);
                    if (result.Result is IEnumerable<AIContent> parts)
                    {
                        TallyContents(tally, parts as IList<AIContent> ?? [.. parts]);
                    }
                    else
                    {
                        // A text counts as it is, an object by its fields.
                        tally.AddToolCall(result.Result is string text ? text : RequestJson.FieldsOf(RequestJson.OfResult(result)));
                    }

                    break;
                default:
                    TallyMedia(tally, contents[index], _media);
                    break;
            }
        }
    }
}
