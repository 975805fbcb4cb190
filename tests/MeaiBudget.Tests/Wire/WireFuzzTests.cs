using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using static MeaiBudget.Tests.WireAnswers;

namespace MeaiBudget.Tests;

/// <summary>
/// Damaged answers: no exception but that of a limit, the same facts in pieces as in one, no usage below an intact last report, and work in
/// proportion to the length. MEAIBUDGET_FUZZ_SECONDS makes each test a long run, MEAIBUDGET_SHARED adds recorded answers.
/// </summary>
public class WireFuzzTests
{
    private const int Steps = 1_500;
    private const string Usage = """{"prompt_tokens":100,"completion_tokens":5000,"total_tokens":5100,"prompt_tokens_details":{"cached_tokens":64}}""";

    /// <summary>How long each test runs, in seconds; without it, a number of steps.</summary>
    private static readonly int Seconds = int.TryParse(Environment.GetEnvironmentVariable("MEAIBUDGET_FUZZ_SECONDS"), out int seconds) ? seconds : 0;

    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\n", "null", "NaN", "-Infinity", "true", "-", "1e999", "0", "99999999999999999999", " ", "\n", "\r", "\r\n", "\n\n", "\t", "\0", "\uFEFF",
        "data:", "data: ", "event: error\n", "event: message_delta\n", ": ping\n\n", "data: [DONE]\n\n", "retry: 5\n", "\"usage\":", "\"usage\":null,", "\"usage\":{", "\"error\":{", "\"choices\":[", "\"completion_tokens\":1,", "\"type\":\"error\",", "\"output_tokens\":\"3\",",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":", "]]]]]]]]", "}}}}}}}}", "é", "你", "\u001b",
    ];

    private static readonly (WireProtocol Protocol, string Type, bool IsStreamed, string Body)[] Answers =
    [
        (WireProtocol.ChatCompletions, "application/json", false, Completion(Usage)),
        (WireProtocol.ChatCompletions, "application/json", false, Completion(Usage, more: ",\"x\":{\"logprob\":NaN}").Replace("{", "{\n  ", StringComparison.Ordinal)),
        (WireProtocol.ChatCompletions, "text/event-stream", true, Chunk(Hello) + Chunk(There) + Chunk("""{"content":"\ud83d\ude00 x"}""") + Chunk(There) + Chunk("{}", "\"stop\"") + UsageChunk(Usage) + Done),
        (WireProtocol.ChatCompletions, "text/event-stream", true, ": keep-alive\r\n\r\n" + (Chunk(Hello, usage: Usage) + Chunk(There, "\"stop\"", Usage) + Done).Replace("\n", "\r\n", StringComparison.Ordinal)),
        (WireProtocol.Responses, "application/json", false, Response("completed", """{"input_tokens":100,"output_tokens":5000,"total_tokens":5100}""")),
        (WireProtocol.Responses, "text/event-stream", true, ResponseStream("response.completed", Response("completed", """{"input_tokens":100,"output_tokens":5000,"total_tokens":5100}"""))),
        (WireProtocol.AnthropicMessages, "application/json", false, Message("""{"input_tokens":100,"output_tokens":5000}""")),
        (WireProtocol.AnthropicMessages, "text/event-stream", true, Messages("""{"input_tokens":100,"output_tokens":1}""", """{"output_tokens":20}""", """{"output_tokens":5000}""")),
        (WireProtocol.OllamaChat, "application/x-ndjson", true, "{\"message\":{\"content\":\"Hi\"},\"done\":false}\n{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":100,\"eval_count\":5000}\n"),
        (WireProtocol.GeminiContent, "application/json", true, "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"}]}}]},\r\n{\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":100,\"candidatesTokenCount\":5000,\"totalTokenCount\":5100}}]"),
    ];

    [Fact]
    public void ADamagedAnswerInAnyPiecesSaysWhatItSaysAsAWhole()
    {
        Random random = NewRandom(15);
        (WireProtocol Protocol, string Type, bool IsStreamed, byte[] Body)[] answers = [.. All(random)];
        foreach (int _ in Rounds())
        {
            (WireProtocol protocol, string type, bool isStreamed, byte[] body) = answers[random.Next(answers.Length)];
            byte[] damaged = Damaged(random, body);
            WireAnswer whole = Read(protocol, damaged, type, isStreamed);
            int piece = random.Next(1, 40);
            WireAnswer pieces = Read(protocol, damaged, type, isStreamed, piece);
            Assert.True(whole == pieces, $"{protocol}: pieces of {piece} give {pieces}, the whole gives {whole} for {Escaped(damaged)}");
            int split = random.Next(damaged.Length + 1);
            WireAnswer halves = ReadSplit(protocol, damaged, type, isStreamed, split);
            Assert.True(whole == halves, $"{protocol}: split at {split} gives {halves}, the whole gives {whole} for {Escaped(damaged)}");
        }
    }

    [Fact]
    public void EverySplitOfAnAnswerSaysWhatItSaysAsAWhole()
    {
        foreach ((WireProtocol protocol, string type, bool isStreamed, string text) in Answers)
        {
            byte[] body = Encoding.UTF8.GetBytes(text);
            WireAnswer whole = Read(protocol, body, type, isStreamed);
            Assert.Equal(5000, whole.Usage?.OutputTokens);
            for (int split = 0; split <= body.Length; split++)
            {
                Assert.True(whole == ReadSplit(protocol, body, type, isStreamed, split), $"{protocol}: split at {split} and whole differ");
            }
        }
    }

    /// <summary>Whatever happened to the events before it: a last report that is intact is charged.</summary>
    [Fact]
    public void AnIntactLastReportIsNeverReadAsLess()
    {
        Random random = NewRandom(16);
        (WireProtocol Protocol, string Body, string Last)[] streams =
        [
            (WireProtocol.ChatCompletions, Chunk(Hello) + Chunk(There, usage: """{"prompt_tokens":90,"completion_tokens":7}""") + Chunk("{}", "\"stop\""), UsageChunk(Usage) + Done),
            (WireProtocol.Responses, ResponseStream("response.in_progress", Response("in_progress", "null")), Event("response.completed", "{\"type\":\"response.completed\",\"response\":" + Response("completed", """{"input_tokens":100,"output_tokens":5000,"total_tokens":5100}""") + "}")),
            (WireProtocol.AnthropicMessages, Messages("""{"input_tokens":100,"output_tokens":1}""", """{"output_tokens":20}"""), Event("message_delta", """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":100,"output_tokens":5000}}""")),
        ];
        foreach (int _ in Rounds())
        {
            (WireProtocol protocol, string body, string last) = streams[random.Next(streams.Length)];
            byte[] damaged = Damaged(random, Encoding.UTF8.GetBytes(body));
            if (damaged.AsSpan().IndexOf("[DONE]"u8) >= 0 || damaged.AsSpan().TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'{' or (byte)'[', ..])
            {
                // What follows [DONE] is no part of the answer, and what begins with a bracket is read as a document that may go on.
                continue;
            }

            // Line ends close whatever the damage opened, as a server's next event does.
            WireAnswer answer = Read(protocol, [.. damaged, .. Encoding.UTF8.GetBytes("\n\n" + last)], "text/event-stream", isStreamed: true);
            if (answer.BodyBytes > 0 && !answer.Flags.HasFlag(WireFlags.Unreadable))
            {
                Assert.True(answer.Usage is { InputTokens: >= 100, OutputTokens: >= 5000 }, $"{protocol}: {answer.Tokens()} for {Escaped(damaged)}");
            }
        }
    }

    /// <summary>Sixteen times the answer takes no more than about sixteen times the time. A measurement, so only in a long run.</summary>
    [Fact]
    public void ADamagedAnswerTakesTimeInProportionToItsLength()
    {
        Assert.SkipWhen(Seconds == 0, "Set MEAIBUDGET_FUZZ_SECONDS to measure how the time grows with the length.");
        const int Short = 100_000;
        const int Factor = 16;
        foreach (string piece in Pieces)
        {
            foreach ((WireProtocol protocol, string type, bool isStreamed, string head) in ((WireProtocol, string, bool, string)[])[(WireProtocol.ChatCompletions, "application/json", false, "{\"x\":"), (WireProtocol.ChatCompletions, "text/event-stream", true, "data: {\"x\":"), (WireProtocol.OllamaChat, "application/x-ndjson", true, "{\"x\":")])
            {
                double ratio = double.MaxValue;
                for (int attempt = 0; attempt < 6 && ratio > Factor * 4; attempt++)
                {
                    double first = Work(Short);
                    ratio = Math.Min(ratio, Work(Short * Factor) / Math.Max(first, 0.2));
                }

                Assert.True(ratio <= Factor * 4, $"{Factor} times the length took {ratio:0} times the time: {protocol} {Escaped(Encoding.UTF8.GetBytes(piece))}");

                double Work(int length)
                {
                    byte[] body = Encoding.UTF8.GetBytes(head + string.Concat(Enumerable.Repeat(piece, length / piece.Length)));
                    long start = Stopwatch.GetTimestamp();
                    Read(protocol, body, type, isStreamed, piece: 4096);
                    return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                }
            }
        }
    }

    private static Random NewRandom(int seed) => new(Seconds == 0 ? seed : Guid.NewGuid().GetHashCode());

    private static IEnumerable<int> Rounds()
    {
        long end = Stopwatch.GetTimestamp() + (Seconds * Stopwatch.Frequency);
        for (int i = 0; Seconds == 0 ? i < Steps : Stopwatch.GetTimestamp() < end; i++)
        {
            yield return i;
        }
    }

    private static IEnumerable<(WireProtocol Protocol, string Type, bool IsStreamed, byte[] Body)> All(Random random)
    {
        foreach ((WireProtocol protocol, string type, bool isStreamed, string text) in Answers)
        {
            yield return (protocol, type, isStreamed, Encoding.UTF8.GetBytes(text));
        }

        // Of the recorded answers a part, in a long run only: they are many.
        if (Seconds == 0 || Environment.GetEnvironmentVariable("MEAIBUDGET_SHARED") is not { Length: > 0 } shared)
        {
            yield break;
        }

        foreach (string file in Directory.EnumerateFiles(Path.Combine(shared, "exchanges"), "exchanges*.jsonl.gz"))
        {
            using var lines = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
            while (lines.ReadLine() is { } line)
            {
                if (random.Next(8) != 0)
                {
                    continue;
                }

                using var row = JsonDocument.Parse(line);
                if (row.RootElement.TryGetProperty("response_text", out JsonElement text) && text.ValueKind == JsonValueKind.String && text.GetString() is { Length: > 0 and < 20_000 } body)
                {
                    var protocol = (WireProtocol)random.Next((int)WireProtocol.ChatCompletions, (int)WireProtocol.GeminiEmbeddings + 1);
                    yield return (protocol, body[0] is '{' or '[' ? "application/json" : "text/event-stream", true, Encoding.UTF8.GetBytes(body));
                }
            }
        }
    }

    private static WireAnswer ReadSplit(WireProtocol protocol, byte[] body, string type, bool isStreamed, int split)
    {
        var reader = new WireAnswerReader(protocol, type, isStreamed, WireLimits.Default);
        reader.Feed(body.AsSpan(0, split));
        reader.Feed(body.AsSpan(split));
        reader.End();
        return reader.ToAnswer();
    }

    /// <summary>The answer with one to four parts cut, doubled, exchanged, replaced or flipped.</summary>
    private static byte[] Damaged(Random random, byte[] body)
    {
        List<byte> damaged = [.. body];
        for (int count = random.Next(1, 5); count > 0 && damaged.Count > 2; count--)
        {
            int at = random.Next(damaged.Count);
            int length = Math.Min(random.Next(1, random.Next(8) == 0 ? 400 : 12), damaged.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    damaged.RemoveRange(at, length);
                    break;
                case 1:
                    damaged.InsertRange(at, damaged.GetRange(at, length));
                    break;
                case 2:
                    List<byte> moved = damaged.GetRange(at, length);
                    damaged.RemoveRange(at, length);
                    damaged.InsertRange(random.Next(damaged.Count + 1), moved);
                    break;
                case 3:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 4:
                    damaged.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                default:
                    damaged.RemoveRange(at, damaged.Count - at);
                    break;
            }
        }

        return [.. damaged];
    }

    private static string Escaped(byte[] bytes)
    {
        string text = JsonSerializer.Serialize(Encoding.Latin1.GetString(bytes));
        return text.Length <= 20_000 ? text : text[..20_000] + "...";
    }
}
