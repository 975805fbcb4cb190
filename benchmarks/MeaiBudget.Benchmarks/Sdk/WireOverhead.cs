using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace MeaiBudget.Benchmarks;

/// <summary>Measures what reading requests and answers costs beside OpenAI's SDK: the same calls with and without a <see cref="ChatWireHandler"/>.</summary>
/// <remarks>
/// <c>wire [ROUNDS]</c>. Goals: 5 us for a request of 2 KB and its answer, 100 ns and 0 B for an update of a stream, 2 ms for a request with 1 MB
/// of text. Each round measures both clients in turn; times are the processor time of the process, as the median of the rounds' differences.
/// The handler runs in an attempt, as it does below the layers, and includes the detection of errors inside a success.
/// </remarks>
internal static class WireOverhead
{
    private const int WarmUps = 8;
    private const string Sentence = "The clocks of the town by the sea are never wrong, though nobody can say why. ";

    public static async Task RunAsync(string[] arguments)
    {
        int rounds = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 61;
        SdkProvider provider = SdkProvider.All[0];
        Console.WriteLine("| OpenAI's SDK | SDK alone | with the handler | the handler | allocated by it |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
        await MeasureAsync("a request of 2 KB and its answer", 1_000, provider.Answer, Text(2_000), isStreaming: false, rounds);
        double few = await MeasureAsync("a stream of 200 updates", 50, Updates(200), Text(200), isStreaming: true, rounds);
        double many = await MeasureAsync("a stream of 2,000 updates", 5, Updates(2_000), Text(200), isStreaming: true, rounds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| each further update | | | {(many - few) * 1_000 / 1_800:0} ns | |"));
        await MeasureAsync("a request with 1 MB of text", 4, provider.Answer, Text(1_000_000), isStreaming: false, rounds);
    }

    private static string Text(int length) => string.Concat(Enumerable.Repeat(Sentence, (length / Sentence.Length) + 1))[..length];

    private static CannedHandler Updates(int count)
    {
        const string Head = "data: {\"id\":\"chatcmpl-1\",\"created\":1790000000,\"model\":\"gpt-4.1-mini-2025-04-14\",\"system_fingerprint\":\"fp_1\",\"object\":\"chat.completion.chunk\",\"choices\":[";
        string pieces = string.Concat(Enumerable.Range(0, count).Select(number => Head + "{\"index\":0,\"delta\":{\"content\":\" word" + (number % 100) + "\"},\"finish_reason\":null}]}\n\n"));
        string end = Head + "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" + Head + "],\"usage\":{\"prompt_tokens\":28,\"completion_tokens\":200,\"total_tokens\":228}}\n\ndata: [DONE]\n\n";
        return new CannedHandler(Encoding.UTF8.GetBytes(pieces + end), "text/event-stream");
    }

    private static async Task<double> MeasureAsync(string name, int calls, CannedHandler answer, string text, bool isStreaming, int rounds)
    {
        using IChatClient alone = Client(answer);
        using IChatClient read = Client(new ChatWireHandler(answer));
        ChatMessage[] messages = [new(ChatRole.System, "You are a helpful assistant."), new(ChatRole.User, text)];
        for (int i = 0; i < WarmUps; i++)
        {
            await RunAsync(alone, messages, calls, isStreaming, isRead: false);
            await RunAsync(read, messages, calls, isStreaming, isRead: true);

            // The runtime compiles optimised code in the background after some time without calls to new methods.
            await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System);
        }

        List<(Slice Alone, Slice Read)> slices = [];
        for (int round = 0; round < rounds; round++)
        {
            if (round % 2 == 0)
            {
                Slice first = await RunAsync(alone, messages, calls, isStreaming, isRead: false);
                slices.Add((first, await RunAsync(read, messages, calls, isStreaming, isRead: true)));
            }
            else
            {
                Slice first = await RunAsync(read, messages, calls, isStreaming, isRead: true);
                slices.Add((await RunAsync(alone, messages, calls, isStreaming, isRead: false), first));
            }
        }

        double without = Median(slices.Select(slice => slice.Alone.Microseconds));
        double with = Median(slices.Select(slice => slice.Read.Microseconds));
        double over = Median(slices.Select(slice => slice.Read.Microseconds - slice.Alone.Microseconds));
        double bytes = Median(slices.Select(slice => slice.Read.Bytes - slice.Alone.Bytes));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {without:0.0} us | {with:0.0} us | {over:0.00} us | {bytes:0} B |"));
        return over;
    }

    private static IChatClient Client(HttpMessageHandler handler) => new ChatClient(
        "gpt-4.1-mini",
        new ApiKeyCredential("key"),
        new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(new HttpClient(handler)), RetryPolicy = new ClientRetryPolicy(0) }).AsIChatClient();

    private static async Task<Slice> RunAsync(IChatClient client, ChatMessage[] messages, int calls, bool isStreaming, bool isRead)
    {
        var options = new ChatOptions { MaxOutputTokens = 500 };
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan used = Environment.CpuUsage.TotalTime;
        for (int i = 0; i < calls; i++)
        {
            using WireAttempt? attempt = isRead ? new WireAttempt(Free.Instance) : null;
            WireAttempt.Current = attempt;
            if (isStreaming)
            {
                await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync(messages, options))
                {
                }
            }
            else
            {
                await client.GetResponseAsync(messages, options);
            }

            if (attempt is not null && attempt.FindFinal()?.Answer is not { Usage: not null })
            {
                throw new InvalidOperationException("The answer was not read.");
            }
        }

        WireAttempt.Current = null;
        return new Slice((Environment.CpuUsage.TotalTime - used).TotalMicroseconds / calls, (double)(GC.GetTotalAllocatedBytes(precise: true) - bytes) / calls);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private readonly record struct Slice(double Microseconds, double Bytes);

    /// <summary>Pays for every request.</summary>
    private sealed class Free : IWireCover
    {
        public static readonly Free Instance = new();

        public ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken) => default;
    }
}
