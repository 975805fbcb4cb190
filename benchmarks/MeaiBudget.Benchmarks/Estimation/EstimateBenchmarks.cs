using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Benchmarks;

/// <summary>Estimates a 50-message conversation with one new message, compared with counting only the new message.</summary>
[MemoryDiagnoser]
public class EstimateBenchmarks
{
    private readonly TokenEstimator _estimator = new();
    private readonly TokenEstimationTarget _target = new("gpt-4o") { Api = ChatApi.OpenAIChat };
    private readonly List<ChatMessage> _messages = [];
    private readonly ChatOptions _options = new() { Tools = [AIFunctionFactory.Create((string city, int days) => city + days, "get_forecast", "Gets the forecast for a city.")] };
    private readonly char[] _new = new char[200];
    private int _round;

    /// <summary>Creates the conversation and estimates it once.</summary>
    [GlobalSetup]
    public void Setup()
    {
        for (int index = 0; index < 49; index++)
        {
            string text = string.Join(' ', Enumerable.Range(0, 40).Select(word => $"word{(word * 31) + index}"));
            _messages.Add(new ChatMessage(index % 2 == 0 ? ChatRole.User : ChatRole.Assistant, text));
        }

        _messages.Add(new ChatMessage(ChatRole.User, NewText()));
        _estimator.Estimate(_messages, null, _target);
        _estimator.Estimate(_messages, _options, _target);
    }

    /// <summary>Counts only the new message, a text that was not counted before.</summary>
    [Benchmark(Baseline = true)]
    public int CountNewMessage() => TokenCounters.ForModel("gpt-4o").Count(NewText());

    /// <summary>Estimates the conversation with a new last message.</summary>
    [Benchmark]
    public long EstimateWithNewMessage()
    {
        _messages[^1] = new ChatMessage(ChatRole.User, NewText());
        return _estimator.Estimate(_messages, null, _target).InputTokens;
    }

    /// <summary>Estimates the conversation with a new last message and a tool that stays the same.</summary>
    [Benchmark]
    public long EstimateWithNewMessageAndTools()
    {
        _messages[^1] = new ChatMessage(ChatRole.User, NewText());
        return _estimator.Estimate(_messages, _options, _target).InputTokens;
    }

    private string NewText()
    {
        _new.AsSpan().Fill('a');
        (_round++).TryFormat(_new, out int written);
        for (int index = written; index < _new.Length; index += 6)
        {
            _new[index] = ' ';
        }

        return new string(_new);
    }
}
