using Microsoft.ML.Tokenizers;
using NSubstitute;

namespace MeaiBudget.Tests;

public sealed class TokenCountersTests
{
    [Theory]
    [InlineData("gpt-4o", "o200k_base")]
    [InlineData("gpt-4o-2024-08-06", "o200k_base")]
    [InlineData("openai/gpt-4o-mini", "o200k_base")]
    [InlineData("ft:gpt-4o-mini-2024-07-18:acme::abc123", "o200k_base")]
    [InlineData("ft:gpt-3.5-turbo-0125:gpt-4o:x:id", "cl100k_base")]
    [InlineData("gpt-4.1-nano", "o200k_base")]
    [InlineData("gpt-5", "o200k_base")]
    [InlineData("gpt-5.1-codex", "o200k_base")]
    [InlineData("gpt-6", "o200k_base")]
    [InlineData("o1-mini", "o200k_base")]
    [InlineData("o4-mini-2025-04-16", "o200k_base")]
    [InlineData("chatgpt-4o-latest", "o200k_base")]
    [InlineData("gpt-4", "cl100k_base")]
    [InlineData("gpt-4-turbo-2024-04-09", "cl100k_base")]
    [InlineData("gpt-4-1106-preview", "cl100k_base")]
    [InlineData("gpt-35-turbo-16k", "cl100k_base")]
    [InlineData("text-embedding-3-small", "cl100k_base")]
    [InlineData("gpt-oss-120b", "o200k_harmony")]
    [InlineData("openai/gpt-oss-20b:free", "o200k_harmony")]
    [InlineData("claude-3-5-sonnet-20241022", "claude-3")]
    [InlineData("us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-3")]
    [InlineData("claude-sonnet-4-20250514", "claude-3")]
    [InlineData("claude-opus-4-6", "claude-3")]
    [InlineData("anthropic/claude-opus-4.5", "claude-3")]
    [InlineData("claude-opus-4-7", "claude-4.7")]
    [InlineData("claude-sonnet-5", "claude-4.7")]
    [InlineData("models/gemini-2.5-pro", "gemini")]
    [InlineData("gemma3:27b", "gemini")]
    [InlineData("meta-llama/Llama-2-70b-chat-hf", "llama-2")]
    [InlineData("llama3.1:8b", "llama-3")]
    [InlineData("llama-3.3-70b-versatile", "llama-3")]
    [InlineData("meta-llama/llama-4-scout-17b-16e-instruct", "llama-4")]
    [InlineData("mistral-7b-instruct", "mistral")]
    [InlineData("mixtral-8x7b-32768", "mistral")]
    [InlineData("open-mistral-nemo", "mistral-tekken")]
    [InlineData("qwen3:8b", "qwen")]
    [InlineData("deepseek-chat", "deepseek")]
    [InlineData("a-model-nobody-knows", "unknown")]
    public void A_model_is_counted_as_its_family_counts(string modelId, string counter) =>
        Assert.Equal(counter, TokenCounters.ForModel(modelId).Name);

    // Model cards name the model that these were trained from, whose tokenizer they have.
    [Theory]
    [InlineData("perplexity/sonar-pro", "llama-3")]
    [InlineData("sonar-reasoning-pro", "deepseek")]
    [InlineData("r1-1776", "deepseek")]
    [InlineData("microsoft/mai-ds-r1", "deepseek")]
    [InlineData("deepcogito/cogito-v2.1-671b", "deepseek")]
    [InlineData("nousresearch/hermes-4-405b", "llama-3")]
    [InlineData("sao10k/l3.3-euryale-70b", "llama-3")]
    [InlineData("microsoft/wizardlm-2-8x22b", "mistral")]
    [InlineData("HuggingFaceH4/zephyr-7b-beta", "mistral")]
    [InlineData("openchat/openchat-3.5-1210", "mistral")]
    [InlineData("gryphe/mythomax-l2-13b", "llama-2")]
    [InlineData("upstage/SOLAR-10.7B-Instruct-v1.0", "llama-2")]
    [InlineData("thedrummer/cydonia-24b-v4.1", "mistral-tekken")]
    [InlineData("xiaomi/mimo-v2.5-pro", "qwen")]
    [InlineData("accounts/fireworks/models/internvl3-78b", "qwen")]
    [InlineData("bytedance/ui-tars-1.5-7b", "qwen")]
    [InlineData("accounts/fireworks/models/codegemma-7b", "gemini")]
    [InlineData("chat-latest", "o200k_base")]
    [InlineData("moonshot-v1-128k", "modern")]
    [InlineData("command", "modern")]
    [InlineData("llama-3.1-nemotron-70b-instruct", "llama-3")]
    [InlineData("amazon.nova-pro", "unknown")]
    [InlineData("jamba-1.5-large", "unknown")]
    public void AModelThatWasTrainedFromAnotherIsCountedAsThatOne(string modelId, string counter) =>
        Assert.Equal(counter, TokenCounters.ForModel(modelId).Name);

    [Theory]
    [InlineData("o200k_base")]
    [InlineData("o200k_harmony")]
    [InlineData("cl100k_base")]
    public void AnEncodingOfOpenAIIsExactAndLoadedOnce(string encoding)
    {
        ITokenCounter counter = TokenCounters.Get(encoding);
        Assert.Equal(encoding, counter.Name);
        Assert.True(counter.IsExact);
        Assert.Same(counter, TokenCounters.Get(encoding));
        Assert.Equal(counter.Count("Hello, world"), counter.UpperBound("Hello, world"));
    }

    [Fact]
    public void ANameThatIsNotRegisteredIsAClearError()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => TokenCounters.Get("p50k_base"));
        Assert.Contains("p50k_base", error.Message, StringComparison.Ordinal);
        Assert.Contains("FromFile", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALegacyModelWhoseVocabularyIsNotThereIsEstimated()
    {
        ITokenCounter counter = TokenCounters.ForModel("text-davinci-edit-001");
        Assert.False(counter.IsExact);
    }

    [Fact]
    public void ARegisteredCounterGoesBeforeTheTable()
    {
        ITokenCounter counter = Substitute.For<ITokenCounter>();
        counter.Name.Returns("registered-by-test");
        TokenCounters.Register("gpt-4o-registered-by-test", counter);
        TokenCounters.Register(counter);
        Assert.Same(counter, TokenCounters.ForModel("GPT-4o-registered-by-test"));
        Assert.Same(counter, TokenCounters.Get("registered-by-test"));
    }

    [Fact]
    public void ADeploymentNameStandsForItsModel()
    {
        TokenCounters.MapModel("my-chat-deployment", "gpt-4o");
        Assert.Equal("o200k_base", TokenCounters.ForModel("My-Chat-Deployment").Name);
    }

    [Fact]
    public void ATokenizerOfMicrosoftMLCountsWholeTextsAsItDoes()
    {
        Tokenizer tokenizer = TiktokenTokenizer.CreateForEncoding("cl100k_base");
        var counter = new MlTokenCounter("ml-test", tokenizer);
        foreach (string text in new[] { "", "Hello, world", string.Concat(Enumerable.Repeat("many words of text. ", 500)), "日本語のテキスト。" })
        {
            Assert.Equal(tokenizer.CountTokens(text), counter.Count(text));
        }
    }

    [Theory]
    [InlineData("a", 200_000)]
    [InlineData(" ", 200_000)]
    [InlineData("😀", 50_000)]
    public void ATokenizerOfMicrosoftMLIsNeverGivenALongRun(string unit, int times)
    {
        // Whole, such a run takes the tokenizer a minute: that this ends is the test.
        var counter = new MlTokenCounter("ml-test", TiktokenTokenizer.CreateForEncoding("cl100k_base"));
        string text = "before " + string.Concat(Enumerable.Repeat(unit, times)) + " after";
        int exact = TokenCounters.Get("cl100k_base").Count(text);
        Assert.InRange(counter.Count(text), exact * 0.99, exact * 1.1);
    }
}
