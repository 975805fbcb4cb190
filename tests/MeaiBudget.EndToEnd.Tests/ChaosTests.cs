using System.Collections.Concurrent;
using System.Globalization;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Everything goes wrong at once, through the real SDKs. The number of calls comes from MEAIBUDGET_CHAOS_CALLS.</summary>
[Collection(nameof(ChaosTests))]
public sealed class ChaosTests
{
    private const int Callers = 32;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private const int Rounds = 4;

    private static int CallsPerRound =>
        (int.TryParse(Environment.GetEnvironmentVariable("MEAIBUDGET_CHAOS_CALLS"), CultureInfo.InvariantCulture, out int calls) ? calls : 1_000) / Rounds;

    [Fact]
    public async Task EveryCallEndsInAnAnswerOrATypedExceptionTheLedgerAgreesWithTheProvidersAndMemoryStaysFlat()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        var random = new Random(20261122);
        foreach (SimulatedProvider provider in Enum.GetValues<SimulatedProvider>())
        {
            simulator.Script(provider).Default = SimulatedResponse.From(_ => Fault(random));
        }

        CostTracker tracker = Tracker();
        using IChatClient client = Pipeline(simulator, tracker, new RetryBudget(1, 1_000_000));
        decimal spent = 0m;
        int answered = 0;
        var memory = new List<long>();
        for (int round = 0; round < Rounds; round++)
        {
            IReadOnlyDictionary<int, CallReceipt> receipts = await RunRoundAsync(client, round * CallsPerRound);
            foreach (SimulatedRequest request in simulator.Requests)
            {
                await EndsInTimeAsync(request.Completion, request.ToString());
            }

            Assert.Equal(CallsPerRound, receipts.Count);
            AssertAccountsAgree(simulator, receipts);
            spent += receipts.Values.Sum(receipt => receipt.Cost);
            answered += receipts.Values.Count(receipt => receipt.Attempts.Any(attempt => attempt.Outcome == AttemptOutcome.Answered));
            BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());
            Assert.Equal(0m, status.Held);
            Assert.Equal(spent, status.Spent);
            receipts = new Dictionary<int, CallReceipt>();
            simulator.ForgetRequests();
            memory.Add(GC.GetTotalMemory(forceFullCollection: true));
        }

        Assert.InRange(answered, CallsPerRound * Rounds / 2, CallsPerRound * Rounds);

        TestContext.Current.TestOutputHelper?.WriteLine($"memory after each round: {string.Join(", ", memory.Select(bytes => $"{bytes:N0}"))}");

        // By the second round the pools have what they need. Had each call left as little as its receipt, this would be twice as much.
        Assert.True(
            memory[^1] - memory[1] < (4 << 20) + (256L * CallsPerRound * (Rounds - 2)),
            $"memory after each round: {string.Join(", ", memory.Select(bytes => $"{bytes:N0}"))}");
    }

    [Theory]
    [InlineData(Callers)]
    [InlineData(1_000)]
    public async Task F13_InAFullOutageExtraRequestsStayWithinTheRetryBudgetAndTheCircuits(int callers)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        foreach (SimulatedProvider provider in Enum.GetValues<SimulatedProvider>())
        {
            simulator.Script(provider).Default = SimulatedResponse.ServerError();
        }

        using IChatClient client = Pipeline(simulator, Tracker(), new RetryBudget(), TimeSpan.FromMinutes(5));
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 1_000),
            new ParallelOptions { MaxDegreeOfParallelism = callers },
            async (number, _) => await Assert.ThrowsAsync<FallbackExhaustedException>(() => AskAsync(client, number)));

        // A circuit opens after five failures in a row; what is under way by then is the most that is sent for the first time.
        int routes = Enum.GetValues<SimulatedProvider>().Length;
        int sent = simulator.Requests.Count;
        int firsts = simulator.Requests.Select(request => (request.Provider, NumberIn(request.BodyText))).Distinct().Count();
        Assert.InRange(firsts, routes, routes * (5 + callers));

        // Each route has retries of its own: ten, or a tenth of its first attempts. In all they stay under a tenth of the calls.
        Assert.All(simulator.Requests.GroupBy(request => request.Provider), route =>
        {
            int firstsOfRoute = route.Select(request => NumberIn(request.BodyText)).Distinct().Count();
            Assert.InRange(route.Count() - firstsOfRoute, 0, Math.Max(10, firstsOfRoute / 10));
        });
        Assert.InRange(sent - firsts, 0, 1_000 / 10);
        await Assert.ThrowsAsync<FallbackExhaustedException>(() => AskAsync(client, 0));
        Assert.Equal(sent, simulator.Requests.Count);
    }

    /// <summary>Runs one round of calls; each ends in time, in an answer or a typed exception, with one receipt.</summary>
    private static async Task<IReadOnlyDictionary<int, CallReceipt>> RunRoundAsync(IChatClient client, int before)
    {
        var receipts = new ConcurrentDictionary<int, CallReceipt>();
        int next = before;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (int number = Interlocked.Increment(ref next); number <= before + CallsPerRound; number = Interlocked.Increment(ref next))
            {
                using ReceiptCapture capture = CallReceipts.Capture();
                try
                {
                    Task<ChatResponse> call = AskAsync(client, number);
                    await EndsInTimeAsync(call, $"call {number}");
                    Assert.NotEmpty((await call).Text);
                }
                catch (Exception exception) when (exception is not TimeoutException)
                {
                    Assert.True(exception is FallbackExhaustedException or ChatStreamInterruptedException, exception.ToString());
                    Assert.True(exception.TryGetReceipt(out CallReceipt? failed), exception.ToString());
                    Assert.NotEqual(AttemptOutcome.Answered, failed.Attempts[^1].Outcome);
                }

                CallReceipt receipt = Assert.Single(capture.Receipts);
                Assert.InRange(receipt.Attempts.Count(attempt => attempt.Outcome == AttemptOutcome.Answered), 0, 1);
                Assert.True(receipts.TryAdd(number, receipt));
            }
        })));
        return receipts;
    }

    /// <summary>What we know that we were billed is what the providers billed; where one is unconfirmed, never more than that.</summary>
    private static void AssertAccountsAgree(ProviderSimulator simulator, IReadOnlyDictionary<int, CallReceipt> receipts)
    {
        ILookup<int, SimulatedUsage> billed = simulator.Requests.ToLookup(request => NumberIn(request.BodyText), request => request.Billed);
        foreach ((int number, CallReceipt receipt) in receipts)
        {
            long billedOutput = billed[number].Sum(usage => usage.OutputTokens);
            long knownOutput = receipt.Attempts.Where(attempt => !attempt.Usage.IsEstimated).Sum(attempt => attempt.Usage.OutputTokens);
            bool isCertain = receipt.Attempts.All(attempt => !attempt.Usage.IsEstimated);
            Assert.True(isCertain ? knownOutput == billedOutput : knownOutput <= billedOutput, $"call {number}: {knownOutput} of {billedOutput}\n{receipt.Explain()}");
        }
    }

    private static async Task EndsInTimeAsync(Task task, string what)
    {
        try
        {
            await task.WaitAsync(Deadline);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{what} does not end");
        }
    }

    private static SimulatedResponse Fault(Random random)
    {
        int dice;
        lock (random)
        {
            dice = random.Next(1_000);
        }

        return dice switch
        {
            < 60 => SimulatedResponse.RateLimited("0"),
            < 110 => SimulatedResponse.ServerError(),
            < 150 => SimulatedResponse.Overloaded(),
            < 180 => SimulatedResponse.ConnectionDropped(),
            < 220 => SimulatedResponse.Text("one two three four").DropAfter(2),
            < 250 => SimulatedResponse.ErrorInside200().BilledAs(SimulatedUsage.None),
            < 280 => SimulatedResponse.Text("one two three four").ErrorAfter(2).BilledAs(SimulatedUsage.None),
            < 310 => SimulatedResponse.MalformedJson(),
            < 340 => SimulatedResponse.Text("no usage").WithoutUsage(),
            < 343 => SimulatedResponse.Text("one two three four").StallAfter(2),
            < 380 => SimulatedResponse.Text("slow").AfterDelay(TimeSpan.FromMilliseconds(5)),
            _ => SimulatedResponse.Text("a good answer").WithUsage(10, 5 + dice),
        };
    }

    private static CostTracker Tracker() => new(
        [Budget.Daily("day", 1_000_000m)], PriceCatalog.Empty.With("chaos", ModelPrice.PerMillionTokens(1m, 2m)), new InMemorySpendLedger());

    private static IChatClient Pipeline(ProviderSimulator simulator, CostTracker tracker, RetryBudget retries, TimeSpan? rest = null)
    {
        var circuit = new CircuitOptions { OpenFor = rest ?? TimeSpan.FromMilliseconds(20), OpenForQuota = rest ?? TimeSpan.FromMilliseconds(20) };
        ChatRoute Route(SimulatedProvider provider) => new(provider.ToString(), Client(simulator, provider)) { ModelId = "chaos", Circuit = circuit };
        ChatRoute primary = Route(SimulatedProvider.OpenAI);
        return new ChatClientBuilder(primary.Client)
            .UseTokenEstimation()
            .UseBudget(tracker)
            .UseRetry(new RetryOptions
            {
                MaxRetries = 1,
                BaseDelay = TimeSpan.Zero,
                MaxDelay = TimeSpan.FromMilliseconds(1),
                AttemptTimeout = TimeSpan.FromSeconds(2),
                FirstContentTimeout = TimeSpan.FromSeconds(2),
                UpdateTimeout = TimeSpan.FromSeconds(1),
                TotalTimeout = TimeSpan.FromSeconds(15),
                RetryBudget = retries,
            })
            .UseFallback(
                [Route(SimulatedProvider.Anthropic), Route(SimulatedProvider.LiteLLM), Route(SimulatedProvider.Ollama)],
                options => options.Primary = primary)
            .Build();
    }

    internal static IChatClient Client(ProviderSimulator simulator, SimulatedProvider provider) => provider switch
    {
        SimulatedProvider.OpenAI => OpenAIChatClientFactory.Create(Configured(new OpenAIChatClientOptions(), simulator.OpenAIBaseUrl)),
        SimulatedProvider.Anthropic => AnthropicChatClientFactory.Create(Configured(new AnthropicChatClientOptions(), simulator.AnthropicBaseUrl)),
        SimulatedProvider.LiteLLM => LiteLLMChatClientFactory.Create(Configured(new LiteLLMChatClientOptions(), simulator.LiteLLMBaseUrl)),
        _ => OllamaChatClientFactory.Create(Configured(new OllamaChatClientOptions(), simulator.OllamaBaseUrl)),
    };

    internal static TOptions Configured<TOptions>(TOptions options, Uri baseUrl)
        where TOptions : ProviderClientOptions
    {
        options.ApiKey = "sk-chaos";
        options.BaseUrl = baseUrl.ToString();
        options.ModelId = "chaos";
        options.HttpMessageHandler = ProviderSimulator.CreateHttpHandler();
        return options;
    }

    private static async Task<ChatResponse> AskAsync(IChatClient client, int number)
    {
        ChatMessage[] messages = [new(ChatRole.User, $"call <{number}>")];
        var options = new ChatOptions { MaxOutputTokens = 2_000 };
        return number % 2 == 0
            ? await client.GetResponseAsync(messages, options)
            : await client.GetStreamingResponseAsync(messages, options).ToChatResponseAsync();
    }

    private static int NumberIn(string body)
    {
        // System.Text.Json escapes the brackets.
        int start = body.IndexOf("call ", StringComparison.Ordinal) + "call ".Length;
        string digits = new([.. body[start..].Replace("\\u003C", "<", StringComparison.Ordinal).Skip(1).TakeWhile(char.IsAsciiDigit)]);
        return int.Parse(digits, CultureInfo.InvariantCulture);
    }
}

/// <summary>Memory is measured, so nothing else runs beside it.</summary>
[CollectionDefinition(nameof(ChaosTests), DisableParallelization = true)]
#pragma warning disable CA1711 // It is what xunit calls a collection.
public sealed class ChaosTestsCollection;
#pragma warning restore CA1711
