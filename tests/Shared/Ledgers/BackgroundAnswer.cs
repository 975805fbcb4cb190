using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OpenAI.Responses;

namespace MeaiBudget.Tests;

#pragma warning disable OPENAI001 // Answers in the background are experimental in the SDK.

/// <summary>An answer in the background that one process starts and another fetches, on one shared ledger, through OpenAI's SDK.</summary>
internal sealed class BackgroundAnswer : IAsyncDisposable
{
    /// <summary>The price of 1,000 tokens in and 5,000 out of gpt-4.1-mini.</summary>
    private const decimal Price = 0.0084m;
    private const decimal Reserved = 8_000 * 0.0000016m;

    private readonly ISpendLedgerStore _store;
    private readonly ProviderSimulator _simulator;
    private readonly Process _first;
    private readonly Process _second;

    private BackgroundAnswer(ISpendLedgerStore store, ProviderSimulator simulator, ISpendLedger first, ISpendLedger second)
    {
        _store = store;
        _simulator = simulator;
        _first = new Process(simulator, first);
        _second = new Process(simulator, second);
    }

    /// <summary>How the answer ends, and what happens between start and fetch.</summary>
    public static TheoryData<string, string, bool> Cases
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (string end in new[] { "completed", "incomplete", "failed", "failed without usage", "cancelled" })
            {
                foreach (string course in new[] { "fetched", "lost", "lost overnight", "polls fail", "at once" })
                {
                    data.Add(end, course, end is "completed" && course is "fetched" or "lost");
                }
            }

            data.Add("completed", "left alone", false);
            data.Add("cancelled", "left alone", false);
            return data;
        }
    }

    /// <summary>Plays a case. However the answer ends, and whoever fetches it how often, it is charged once.</summary>
    public static async Task IsChargedOnceAsync(ISpendLedgerStore store, string end, string course, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        ISpendLedger first = await store.OpenAsync();
        ISpendLedger second = await store.OpenAsync();
        await using (var answer = new BackgroundAnswer(store, simulator, first, second))
        {
            await answer.PlayAsync(end, course, streaming);
        }

        foreach (IAsyncDisposable ledger in new[] { first, second }.OfType<IAsyncDisposable>())
        {
            await ledger.DisposeAsync();
        }
    }

    public ValueTask DisposeAsync()
    {
        _first.Dispose();
        _second.Dispose();
        return default;
    }

    private async Task PlayAsync(string end, string course, bool streaming)
    {
        SimulatedResponse response = SimulatedResponse.Text("one two three four").WithUsage(1_000, 5_000).InProgressFor(course == "fetched" ? 1 : 0);
        _simulator.OpenAI.Enqueue(end switch
        {
            "incomplete" => response.WithFinishReason(ChatFinishReason.Length),
            "failed" => response.ErrorAfter(2),
            "failed without usage" => response.ErrorAfter(2).WithoutUsage(),
            _ => response,
        });
        using ReceiptCapture capture = CallReceipts.Capture();
        var options = new ChatOptions { AllowBackgroundResponses = true, MaxOutputTokens = 8_000 };

        options.ContinuationToken = (await _first.Client.GetResponseAsync("Write.", options)).ContinuationToken;
        (decimal spent, decimal held) = await _second.StatusAsync();
        Assert.Equal((0m, true), (spent, held >= Reserved));
        if (end == "cancelled")
        {
            await _first.Client.GetRequiredService<ResponsesClient>().CancelResponseAsync($"resp_sim{_simulator.OpenAI.ChatRequests.Single().Number:D6}");
        }
        else if (course == "fetched")
        {
            Assert.NotNull((await _second.Client.GetResponseAsync([], options)).ContinuationToken);
            Assert.Equal((spent, held), await _second.StatusAsync());
        }

        if (course == "polls fail")
        {
            foreach (HttpStatusCode status in new[] { HttpStatusCode.NotFound, HttpStatusCode.InternalServerError, HttpStatusCode.TooManyRequests })
            {
                _second.Fails = status;
                await FetchAsync(_second, streaming, options);
                Assert.Equal((spent, held), await _second.StatusAsync());
            }

            _second.Fails = null;
        }

        if (course is "lost" or "lost overnight" or "left alone")
        {
            Advance(course == "lost overnight" ? TimeSpan.FromHours(12) : TimeSpan.FromMinutes(3));
            Assert.Equal((held, 0m), await _second.StatusAsync());
        }

        if (course == "left alone")
        {
            Advance(TimeSpan.FromMinutes(30));
            Assert.Equal((held, 0m), await _first.StatusAsync());
            Assert.Equal((held, 0m), await _second.StatusAsync());
            return;
        }

        if (course == "at once")
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(i => FetchAsync(i % 2 == 0 ? _first : _second, streaming, options)));
        }

        await FetchAsync(_second, streaming, options);
        (decimal charged, decimal left) = await _second.StatusAsync();
        await FetchAsync(_second, streaming: false, options);
        await FetchAsync(_first, streaming, options);
        await FetchAsync(_first, streaming: false, options);

        Assert.Equal((charged, 0m), await _first.StatusAsync());
        Assert.Equal(0m, left);
        switch (end)
        {
            case "failed without usage":
                Assert.Equal(0m, charged);
                break;
            case "cancelled":
                Assert.InRange(charged, 0.000001m, held);
                break;
            default:
                Assert.Equal(Price, charged);
                Assert.Equal(Price, capture.Receipts.Sum(receipt => receipt.Cost));
                break;
        }

        Assert.Single(_simulator.OpenAI.ChatRequests);
    }

    private void Advance(TimeSpan time)
    {
        _store.Advance(time);
        _first.Clock.Advance(time);
        _second.Clock.Advance(time);
    }

    /// <summary>Fetches; that the answer failed, or that the request did, is thrown.</summary>
    private static async Task FetchAsync(Process process, bool streaming, ChatOptions options)
    {
        try
        {
            await process.Client.AskAsync(streaming, messages: [], options);
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.IAssertionException)
        {
            Assert.IsNotType<BudgetExceededException>(exception);
        }
    }

    /// <summary>A process: its pipeline, and its clock, by which it remembers what it started.</summary>
    private sealed class Process : IDisposable
    {
        private readonly CostTracker _tracker;

        public Process(ProviderSimulator simulator, ISpendLedger ledger)
        {
            // The month spans the days of a case, so it has the sum.
            _tracker = new CostTracker([Budget.Monthly("month", 1m), Budget.Daily("day", 1m)], PriceCatalog.Default, ledger);
            Client = new ChatClientBuilder(OpenAIChatClientFactory.Create(new OpenAIChatClientOptions
            {
                ApiKey = "sk-any",
                BaseUrl = simulator.OpenAIBaseUrl.ToString(),
                ModelId = "gpt-4.1-mini",
                UseResponsesApi = true,
                HttpMessageHandler = new FailingHandler(this),
            })).UseBudget(_tracker).Build(new ServiceCollection().AddSingleton<TimeProvider>(Clock).BuildServiceProvider());
        }

        public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 14, 15, 9, 26, TimeSpan.Zero));

        public IChatClient Client { get; }

        /// <summary>Gets or sets the status with which each request fails; null if none does.</summary>
        public HttpStatusCode? Fails { get; set; }

        public async Task<(decimal Spent, decimal Held)> StatusAsync()
        {
            BudgetStatus status = await _tracker.GetStatusAsync("month");
            return (status.Spent, status.Held);
        }

        public void Dispose() => Client.Dispose();

        private sealed class FailingHandler(Process process) : DelegatingHandler(new SocketsHttpHandler())
        {
            protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
                process.Fails is { } status
                    ? Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent("""{"error":{"message":"no","type":"x","code":null}}""", System.Text.Encoding.UTF8, "application/json") })
                    : base.SendAsync(request, cancellationToken);
        }
    }
}
