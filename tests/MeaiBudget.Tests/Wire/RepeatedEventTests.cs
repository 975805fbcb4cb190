using System.Text;
using CsCheck;
using static MeaiBudget.Tests.WireAnswers;

namespace MeaiBudget.Tests;

/// <summary>Events that repeat the last one are compared with it instead of parsed. What is read must not depend on that.</summary>
public class RepeatedEventTests
{
    private static readonly string[] Texts =
    [
        "word", "", "a longer piece of a text, with a comma", "caf\u00e9 \u4e2d\U0001F600", "\\u0061\\ud83d\\ude00\\n", "a \\\"quoted\\\" word", "back\\\\slash",
        "\\\"usage\\\":{\\\"prompt_tokens\\\":9}", "{[:,]}", "x\\u0022x", "\\ud83d", "error",
    ];

    private static readonly string[] Names = ["content", "reasoning_content", "usage", "\\u0075sage", "us\\u0061ge", "finish_reason", "service_tier", "\\u0063ontent", "note", "error_note"];

    private static readonly string[] Values =
    [
        "null", "1", "17", "-0.5e3", "true", "\"stop\"", "\"flex\"", "{}", "[]", "[1,2,{\"usage\":3}]", "{\"prompt_tokens\":10,\"completion_tokens\":3,\"total_tokens\":13}",
        "{\"\\u0070rompt_tokens\":11,\"completion_tokens\":4}", "{\"prompt_tokens\":12,\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":4}}", "\"a text\"",
    ];

    /// <summary>One event: what it looks like, and the numbers that fill it.</summary>
    private static readonly Gen<(int Kind, int Text, int Name, int Value, int Number, int Space)> Events =
        Gen.Select(Gen.Frequency((12, Gen.Const(0)), (4, Gen.Int[1, 2]), (3, Gen.Int[3, 9])), Gen.Int[0, Texts.Length - 1], Gen.Int[0, Names.Length - 1], Gen.Int[0, Values.Length - 1], Gen.Int[0, 1200], Gen.Int[0, 3]);

    [Fact]
    public void RepeatedEventsSayWhatTheySayWhenEachIsParsed()
    {
        foreach (WireProtocol protocol in (WireProtocol[])[WireProtocol.ChatCompletions, WireProtocol.Responses, WireProtocol.AnthropicMessages, WireProtocol.OllamaChat, WireProtocol.GeminiContent])
        {
            int repeated = 0;
            Gen.Select(Events.Array[1, 30], Gen.Int[1, 400].Array[1, 20]).Sample(
                (events, pieces) =>
                {
                    string[] documents = [.. events.Select(each => Document(protocol, each.Kind, each.Text, each.Name, each.Value, each.Number, each.Space))];
                    WireAnswer parsed = Read(protocol, Body(documents.Select(Apart)), pieces, ref repeated, isCounted: false);
                    WireAnswer read = Read(protocol, Body(documents), pieces, ref repeated, isCounted: false);
                    WireAnswer whole = Read(protocol, Body(documents), [int.MaxValue], ref repeated, isCounted: false);
                    _ = Read(protocol, Body(documents), [.. documents.Select(document => Encoding.UTF8.GetByteCount(Body([document])))], ref repeated, isCounted: true);
                    parsed = parsed with { BodyBytes = read.BodyBytes };
                    return read == parsed && whole == parsed;
                },
                iter: 400,
                threads: 1);
            Assert.True(repeated > 100, $"{protocol}: only {repeated} events were compared instead of parsed, so that this test says little.");
        }
    }

    [Fact]
    public void AnUnreadableNumberIsNoticedInEachEventThatRepeatsIt()
    {
        var reader = new WireAnswerReader(WireProtocol.ChatCompletions, "text/event-stream", true, WireLimits.Default);
        for (int number = 0; number < 3; number++)
        {
            reader.Feed("data: {\"created\":1790000000.5,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"u8);
            Assert.True(reader.TakeUnreadableNumber());
        }
    }

    [Fact]
    public void EventsThatDifferInATextualTimeRepeatEachOther()
    {
        var reader = new WireAnswerReader(WireProtocol.OllamaChat, "application/x-ndjson", true, WireLimits.Default);
        reader.Feed(Line(0));
        for (int number = 1; number < 4; number++)
        {
            reader.Feed(Line(number));
            Assert.True(reader.OnlyRepeats);
        }

        Assert.Equal(16, reader.ToAnswer().TextBytes);

        static byte[] Line(int number) =>
            Encoding.UTF8.GetBytes("{\"model\":\"m\",\"created_at\":\"2026-09-01T12:00:0" + number + "." + new string('5', number) + "Z\",\"message\":{\"content\":\"word\"},\"done\":false}\n");
    }

    [Theory]
    [InlineData("1790000000", "1790000000.5")]
    [InlineData("1790000000", "1.79e9")]
    [InlineData("\"2026-09-01T12:00:00Z\"", "1790000000.5")]
    public void ATimeThatBecomesUnreadableIsNoticed(string first, string next)
    {
        var reader = new WireAnswerReader(WireProtocol.ChatCompletions, "text/event-stream", true, WireLimits.Default);
        reader.Feed(Encoding.UTF8.GetBytes("data: {\"created\":" + first + ",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"));
        Assert.False(reader.TakeUnreadableNumber());

        reader.Feed(Encoding.UTF8.GetBytes("data: {\"created\":" + next + ",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"));
        Assert.True(reader.TakeUnreadableNumber());
    }

    /// <summary>Begins the documents with different numbers of spaces, so that none repeats the one before it.</summary>
    private static string Apart(string document, int index) => "{" + new string(' ', 1 + (index % 2)) + document[1..];

    private static string Body(IEnumerable<string> documents) => string.Concat(documents.Select(document => "data: " + document + "\n\n"));

    private static string Document(WireProtocol protocol, int kind, int text, int name, int value, int number, int space)
    {
        string gap = kind < 3 ? "" : space switch { 0 => "", 1 => " ", 2 => "\t", _ => "  " };
        string written = "\"" + Texts[text] + "\"";
        string other = "\"" + Names[name] + "\":" + gap + Values[value];
        string content = protocol switch
        {
            WireProtocol.Responses => "\"type\":\"response.output_text.delta\",\"sequence_number\":" + number + ",\"delta\":" + written,
            WireProtocol.AnthropicMessages => "\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":" + written + (kind == 2 ? "," + other : "") + "}",
            WireProtocol.OllamaChat => "\"model\":\"m\",\"created_at\":\"2026-09-01T12:00:00." + number + "Z\",\"message\":{\"role\":\"assistant\",\"content\":" + written + "},\"done\":false",
            WireProtocol.GeminiContent => "\"candidates\":[{\"content\":{\"parts\":[{\"text\":" + written + "}],\"role\":\"model\"},\"index\":" + number + "}],\"modelVersion\":\"g\"",
            _ => "\"id\":\"c1\",\"created\":1790000000,\"sequence\":" + number + ",\"choices\":[{\"index\":0,\"delta\":{\"content\":" + written + (kind == 2 ? "," + other : "") + "},\"finish_reason\":null}],\"obfuscation\":\"" + new string('x', number % 5) + "\"",
        };
        return kind switch
        {
            0 or 2 => "{" + content + "}",
            1 => "{" + content + ",\"note\":" + written + "}",
            3 => "{" + other + "}",
            4 => "{" + content + "," + gap + other + "}",
            5 => "{" + other + "," + content + "}",
            6 => "{" + content + "," + gap + "\"nested\":{" + other + "}}",
            7 => "{" + content + ",\"list\":[" + written + "," + gap + "{" + other + "}]}",
            8 => "{" + content + ",\"us\\u0061ge\":" + Values[value] + "}",
            _ => "{" + content,
        };
    }

    private static WireAnswer Read(WireProtocol protocol, string body, int[] pieces, ref int repeated, bool isCounted)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        var reader = new WireAnswerReader(protocol, "text/event-stream", true, WireLimits.Default);
        int at = 0;
        for (int index = 0; at < bytes.Length; index++)
        {
            int length = Math.Min(pieces[index % pieces.Length], bytes.Length - at);
            reader.Feed(bytes.AsSpan(at, length));
            at += length;
            repeated += isCounted && reader.OnlyRepeats ? 1 : 0;
        }

        reader.End();
        return reader.ToAnswer();
    }
}
