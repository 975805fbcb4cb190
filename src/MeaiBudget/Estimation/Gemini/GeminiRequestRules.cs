using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts the parts of a request to Gemini.</summary>
/// <remarks>
/// Google documents only that texts, media and declarations count. The other rules are measured on recorded requests. Up to 2.0, and
/// on Vertex AI, only the texts are billed. From 2.5 on, the Gemini API also bills one token for each turn, and tools and calls in
/// the form that the model sees.
/// </remarks>
internal sealed class GeminiRequestRules(int generation, bool isVertex) : RequestRules
{
    // Shorter signatures hold a key, not thoughts.
    private const int ShortestSignature = 64;

    private readonly GeminiMediaRules _media = new(generation);
    private readonly GeminiToolFormat _format = isVertex || generation < 25 ? GeminiToolFormat.Fields
        : generation < 30 ? GeminiToolFormat.Python : GeminiToolFormat.Declaration;

    public override void Tally(RequestTally tally, IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        int turns = 0;
        bool hasSystem = options?.Instructions is { Length: > 0 };
        tally.AddText(options?.Instructions);
        for (int index = 0; index < messages.Count; index++)
        {
            bool isSystem = messages[index].Role == ChatRole.System;
            hasSystem |= isSystem;
            turns += isSystem ? 0 : 1;
            TallyContents(tally, messages[index].Contents);
        }

        turns += hasSystem ? 1 : 0;
        tally.AddFraming(_format == GeminiToolFormat.Fields ? 0 : turns);
        tally.AddMargin(turns);
        bool hasJsonSchemas = options?.AdditionalProperties?.ContainsKey("parametersJsonSchema") == true;
        foreach (ToolDefinition tool in ToolSet.Of(options).Definitions)
        {
            TallyTool(tally, tool, hasJsonSchemas);
            TallyReturn(tally, tool, isSent: options?.AdditionalProperties?.ContainsKey("functionResponse") == true);
        }

        if (options?.ResponseFormat is ChatResponseFormatJson { Schema: { } schema } json && ResponseSchemaText.Of(json) is { } format)
        {
            TallySchema(tally, schema, format, mayBeBilled: generation < 25, isBilled: generation < 25 && options.AdditionalProperties?.ContainsKey("responseJsonSchema") != true);
        }
    }

    private void TallyTool(RequestTally tally, ToolDefinition tool, bool hasJsonSchema)
    {
        GeminiTool rendered = tool.Gemini(_format);
        (long Tokens, long UpperBound) count = Measure(tally.Meter, rendered);
        long bound = UpperBoundOf(tally.Meter, tool, count.UpperBound);

        // Measured: up to 2.0 the parameters of "parametersJsonSchema" are not billed (eight rows of three projects).
        long tokens = hasJsonSchema && generation < 25
            ? tally.Meter.Count(tool.Name) + tally.Meter.Count(tool.Description) + GeminiTool.Underscores(tool.Name) + GeminiTool.Underscores(tool.Description)
            : count.Tokens + (hasJsonSchema ? 0 : EmptyParameters(tool));
        tally.AddTools(tokens, Math.Max(tokens + 4, bound));
        if (!rendered.IsComplete)
        {
            // The server expands a recursive schema several times.
            tally.Flags |= TokenEstimateFlags.UnknownContent;
            tally.AddContentMargin(bound * 3);
        }
    }

    // A declaration may state the schema of the result ("response"). Measured: 2.5 bills a dataclass for it (two requests of one project). From 3 on
    // it is written as in FunctionGemma's template, which has its type alone. Clients of Microsoft.Extensions.AI do not send it.
    private void TallyReturn(RequestTally tally, ToolDefinition tool, bool isSent)
    {
        if (tool.ReturnSchema is { } schema)
        {
            long tokens = isSent ? Measure(tally.Meter, GeminiTool.OfResult(_format, tool.Name, schema)).Tokens : 0;
            tally.AddTools(tokens, Math.Max(tokens + (tokens / 8), tally.Meter.Measure(tool.ReturnSchemaJson).UpperBound));
        }
    }

    // Measured: from 3 on, an empty object of "parameters" is written with its type; one of "parametersJsonSchema" is not.
    private int EmptyParameters(ToolDefinition tool) =>
        _format == GeminiToolFormat.Declaration && tool.Schema.Text("type") is not null && !tool.Schema.Properties().MoveNext() ? 12 : 0;

    // Google answers requests for older models with newer ones (recorded: 2.0 with the thoughts and the tools of 2.5 and 3), so the bound of an
    // older model has the longest of all formats. Two recorded requests to Gemini 3 have twice the tokens of their tools.
    private long UpperBoundOf(TextMeter meter, ToolDefinition tool, long rendered)
    {
        long bound = generation >= 30 ? (rendered * 2) + 8 : (rendered * 9 / 8) + 16;
        if (generation < 25)
        {
            bound = Math.Max(bound, Measure(meter, tool.Gemini(GeminiToolFormat.Python)).UpperBound * 9 / 8);
            bound = Math.Max(bound, Measure(meter, tool.Gemini(GeminiToolFormat.Declaration)).UpperBound * 9 / 8);
        }

        return bound;
    }

    // The errors of many short texts cancel out as those of one long text do, so their margin is that of one text with all of them.
    private static (long Tokens, long UpperBound) Measure(TextMeter meter, GeminiTool tool)
    {
        long tokens = 0;
        foreach (string text in tool.Texts)
        {
            tokens += meter.Measure(text).Tokens;
        }

        TokenCount joined = meter.Measure(tool.DistinctTexts);
        long margin = joined.Tokens == 0 ? 0 : (long)Math.Ceiling(tokens * ((joined.UpperBound - joined.Tokens) / (double)joined.Tokens));
        return (tool.Notation + tokens, tool.Notation + tokens + margin);
    }

    // Measured: up to 2.0 the texts of "responseSchema" are billed, and not those of "responseJsonSchema"; from 2.5 on neither is.
    private static void TallySchema(RequestTally tally, JsonElement schema, ResponseSchemaText format, bool mayBeBilled, bool isBilled)
    {
        long tokens = 0;
        long bound = 0;
        if (mayBeBilled)
        {
            (tokens, bound) = Measure(tally.Meter, GeminiTool.Of(GeminiToolFormat.Schema, string.Empty, string.Empty, schema));
            bound = (bound * 9 / 8) + 8;
        }

        // Recorded schemas have at most a tenth more than their texts.
        long most = mayBeBilled ? Math.Min(bound, Math.Max(tokens, tally.Meter.Measure(format.FullJson).UpperBound)) : 8;
        tally.AddResponseSchema(isBilled ? tokens : 0, most);
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
                    if (reasoning.ProtectedData is { Length: > ShortestSignature } signature)
                    {
                        // The server may add the thoughts that the signature stands for. Their length is not known; encrypted, they are not shorter.
                        tally.Flags |= TokenEstimateFlags.UnknownContent;
                        tally.AddContentMargin(signature.Length / 2);
                    }

                    break;
                case FunctionCallContent call:
                    // print(default_api.name(key=value)), or call:name{key:value}
                    tally.AddToolCall(_format switch { GeminiToolFormat.Python => 7, GeminiToolFormat.Declaration => 5, _ => 0 });
                    TallyName(tally, call.Name);
                    TallyFields(tally, RequestJson.OfArguments(call), _format switch { GeminiToolFormat.Python => 2, GeminiToolFormat.Declaration => 4, _ => 0 });
                    break;
                case FunctionResultContent result:
                    TallyResult(tally, result);
                    break;
                default:
                    TallyMedia(tally, contents[index], _media);
                    break;
            }
        }
    }

    private void TallyResult(RequestTally tally, FunctionResultContent result)
    {
        // {"name_response": {"result": value}}, or response:name{result:value}
        tally.AddToolCall(_format switch { GeminiToolFormat.Python => 5, GeminiToolFormat.Declaration => 5, _ => 0 });
        TallyName(tally, result.RawRepresentation as string);
        int value = _format switch { GeminiToolFormat.Python => 3, GeminiToolFormat.Declaration => 4, _ => 0 };
        switch (result.Result)
        {
            case IEnumerable<AIContent> parts:
                TallyContents(tally, parts as IList<AIContent> ?? [.. parts]);
                break;
            case string text:
                tally.AddToolCall(value);
                tally.AddToolCall(text);
                break;
            default:
                TallyFields(tally, RequestJson.OfResult(result), value);
                break;
        }
    }

    private static void TallyName(RequestTally tally, string? name)
    {
        tally.AddToolCall(name);
        tally.AddToolCall(GeminiTool.Underscores(name));
    }

    private static void TallyFields(RequestTally tally, string json, int value)
    {
        tally.AddToolCall(RequestJson.FieldsOf(json, out int values));
        tally.AddToolCall((long)value * values);
    }
}
