using System.Globalization;
using System.Text;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

/// <summary>Reads bills of the providers' shapes, with made-up figures.</summary>
public sealed class BillFormatTests
{
    private const string AnthropicCost = """
        {"data":[{"starting_at":"2026-11-20T00:00:00Z","ending_at":"2026-11-21T00:00:00Z","results":[
         {"amount":"80.0000","currency":"USD","cost_type":"tokens","token_type":"uncached_input_tokens","model":"claude-sonnet-5-5","service_tier":"standard","context_window":"0-200k","workspace_id":"wrkspc_shop","description":"Claude Sonnet 5.5 Usage - Input Tokens","unknown":[1]},
         {"amount":"8.125","currency":"USD","cost_type":"tokens","token_type":"output_tokens","model":"claude-sonnet-5-5","service_tier":"batch","workspace_id":null,"description":"…"},
         {"amount":"12.0000","currency":"USD","cost_type":"web_search","token_type":null,"model":null,"service_tier":null,"context_window":null,"workspace_id":"wrkspc_shop","description":"Web Search Usage"}]},
         {"starting_at":"2026-11-21T00:00:00Z","ending_at":"2026-11-22T00:00:00Z","results":[]}],
         "has_more":false,"next_page":null}
        """;

    private const string AnthropicUsage = """
        {"data":[{"starting_at":"2026-11-20T00:00:00Z","ending_at":"2026-11-21T00:00:00Z","results":[
         {"uncached_input_tokens":400000,"cache_creation":{"ephemeral_5m_input_tokens":60000,"ephemeral_1h_input_tokens":20000},
          "cache_read_input_tokens":900000,"output_tokens":50000,"server_tool_use":{"web_search_requests":12},
          "api_key_id":"apikey_web","workspace_id":"wrkspc_shop","model":"claude-sonnet-5-5","service_tier":"standard","context_window":"0-200k","inference_geo":"global"}]}],
         "has_more":false,"next_page":null}
        """;

    private const string AnthropicAnalytics = """
        {"data":[
          {"starting_at":"2026-11-20T00:00:00Z","ending_at":"2026-11-21T00:00:00Z","group":{"model":"claude-sonnet-5-5","service_tier":"standard","cost_type":"tokens","token_type":"output_tokens"},"cost":{"amount":45.5,"list_amount":"50","currency":"USD","requests":null}},
          {"starting_at":"2026-11-20T00:00:00Z","ending_at":"2026-11-21T00:00:00Z","group":{"model":"claude-sonnet-5-5","service_tier":"standard"},"usage":{"uncached_input_tokens":7,"output_tokens":50000,"requests":3}}],
         "has_more":false,"next_page":null,"data_refreshed_at":"2026-11-20T20:00:00Z"}
        """;

    private const string OpenAICsv = """
        start_time,end_time,amount_value,amount_currency,line_item,project_id,organization_id,project_name,organization_name,extra
        1795132800,1795219200,1.40,usd,"gpt-6-sol, input",proj_shop,org-1,Shop,Example,x
        1795132800,1795219200,0.05,usd,web search tool calls,proj_shop,org-1,Shop,Example,x
        """;

    private const string Azure = """"
        Date,SubscriptionId,ResourceGroup,ResourceId,MeterCategory,MeterSubCategory,MeterId,MeterName,UnitOfMeasure,Quantity,EffectivePrice,CostInBillingCurrency,BillingCurrencyCode,ChargeType,PricingModel,Tags
        11/20/2026,0a1b,rg-shop,/subscriptions/0a1b/resourceGroups/rg-shop/providers/Microsoft.CognitiveServices/accounts/shop-eu,Foundry Models,Azure OpenAI,11111111-2222-3333-4444-555555555555,gpt 4.1 mini Inp DZone Tokens,1M,0.62,0.44,0.2728,USD,Usage,OnDemand,"""app"": ""shop"""
        11/20/2026,0a1b,rg-shop,/subscriptions/0a1b/x/accounts/shop-eu,Foundry Models,Azure OpenAI,11111111-2222-3333-4444-555555555556,gpt 4o 0806 cached Inp glbl Tokens,1K,2000,0.00125,2.5,USD,Usage,OnDemand,
        11/20/2026,0a1b,rg-shop,/subscriptions/0a1b/x/vm1,Virtual Machines,D2,11111111-2222-3333-4444-555555555557,D2 v3,1 Hour,5,1,5,USD,Usage,OnDemand,
        """";

    private const string AzureMca = """
        date,resourceGroupName,meterCategory,meterSubCategory,meterId,meterName,unitOfMeasure,quantity,costInBillingCurrency,billingCurrency,costInUsd,chargeType
        2026-11-20,rg-shop,Foundry Models,Azure OpenAI,m1,gpt 4.1 Outp glbl Batch Tokens,1M,1.5,5.60,EUR,6.00,Usage
        """;

    private const string Aws = """
        line_item_usage_start_date,line_item_product_code,line_item_usage_type,line_item_operation,line_item_usage_amount,pricing_unit,line_item_unblended_rate,line_item_unblended_cost,line_item_line_item_type,line_item_resource_id
        2026-11-20T00:00:00Z,AmazonBedrock,USE1-ClaudeSonnet5-input-tokens,InvokeModelInference,400,1K tokens,0.0022,0.88,Usage,arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/shop
        2026-11-20T00:00:00Z,AmazonBedrock,USE1-ClaudeSonnet5-cache-read-input-token-count,InvokeModelInference,900,1K tokens,0.00022,0.198,Usage,
        2026-11-20T00:00:00Z,AmazonBedrock,USE1-ClaudeSonnet5-output-tokens,InvokeModelInference,0.05,1M tokens,11,0.55,Usage,
        2026-11-20T00:00:00Z,AmazonBedrock,,,,,,-0.5,Credit,
        2026-11-20T00:00:00Z,AmazonEC2,BoxUsage:t3.micro,RunInstances,24,Hrs,0.01,0.24,Usage,i-1
        """;

    private const string OpenRouter = """
        {"data":[{"date":"2026-11-20","model":"anthropic/claude-sonnet-5.5","model_permaslug":"anthropic/claude-sonnet-5.5-20261001","endpoint_id":"e","provider_name":"Anthropic","usage":0.0131,"byok_usage_inference":0,"requests":2,"prompt_tokens":5000,"completion_tokens":500,"reasoning_tokens":120}]}
        """;

    private const string LiteLLM = """
        [{"request_id":"chatcmpl-1795","call_type":"acompletion","api_key":"88dc","spend":0.00214,"total_tokens":1420,"prompt_tokens":1200,"completion_tokens":220,"startTime":"2026-11-20T08:00:00.120Z","endTime":"2026-11-20T08:00:02.900Z","model":"gpt-6-sol","custom_llm_provider":"openai","team_id":"shop","cache_hit":"False","metadata":{"usage_object":{"prompt_tokens_details":{"cached_tokens":1100}}},"status":"success"}]
        """;

    private const string Focus = """
        BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceProviderName,ServiceCategory,ServiceName,SkuId,SkuMeter,ConsumedQuantity,ConsumedUnit,ListCost,SubAccountId,x_Model,x_ServiceTier,ChargeDescription
        0.1800,USD,2026-11-20T00:00:00Z,2026-11-21T00:00:00Z,Usage,Anthropic,AI and Machine Learning,Claude API,anthropic/claude-sonnet-5-5,Cached Input Tokens,900000,Tokens,0.20,wrkspc_shop,claude-sonnet-5-5,standard,"claude-sonnet-5-5, cached input"
        -5,USD,2026-11-20T00:00:00Z,2026-11-21T00:00:00Z,Credit,Anthropic,AI and Machine Learning,Claude API,,,,,,,,,Promotion
        9,USD,2026-11-20T00:00:00Z,2026-11-21T00:00:00Z,Usage,AWS,Compute,EC2,,,,,,,,,
        """;

    private const string FocusOfClouds = """
        BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ProviderName,ServiceCategory,ServiceName,SkuId,SkuMeter,ConsumedQuantity,ConsumedUnit,ChargeDescription
        1,USD,2026-11-20T00:00:00Z,2026-11-21T00:00:00Z,Usage,Microsoft,AI and Machine Learning,Azure OpenAI,DZH318Z0BQPS/00TG,gpt 4.1 mini Inp glbl Batch Tokens,1000,Tokens,
        2,USD,2026-11-20T00:00:00Z,2026-11-21T00:00:00Z,Usage,Google Cloud,AI and Machine Learning,Vertex AI,1234-ABCD,,1000,count,Gemini 2.5 Pro GA Long Text Output - Predictions
        3,USD,2026-11-20T00:00:00Z,2026-11-21T00:00:00Z,Usage,AWS,AI and Machine Learning,Amazon Bedrock,ABCD.EFGH,USE1-NovaPro-cache-read-input-token-count,1000,Tokens,"$0.2, per 1K"
        4,USD,2026-11-20T00:00:00Z,2026-11-21T00:00:00Z,Usage,OpenAI,AI and Machine Learning,OpenAI API,openai/gpt-4o,Output Tokens,1000,Tokens,
        7,USD,2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,Tax,Google Cloud,AI and Machine Learning,Vertex AI,,,,,
        """;

    private const string OpenAITiers = """
        start_time,end_time,amount_value,amount_currency,line_item
        1795132800,1795219200,1,usd,"gpt-4o-2024-08-06, input, priority"
        1795132800,1795219200,2,usd,"gpt-4o-mini-2024-07-18 | batch, output"
        1795132800,1795219200,3,usd,"o3-2025-04-16 flex, cached input"
        1795132800,1795219200,4,usd,"gpt-6-sol, batch input"
        """;

    public static TheoryData<string, string, string> Formats => new()
    {
        { "anthropic costs", AnthropicCost, "anthropic (web search) [?] 0.12 tool; anthropic claude-sonnet-5-5 [] 0.8; anthropic claude-sonnet-5-5 [batch] 0.08125" },
        { "anthropic usage", AnthropicUsage, "anthropic claude-sonnet-5-5 [] - Input=400000 CachedInput=900000 CacheWrite=80000 Output=50000" },
        { "anthropic analytics", AnthropicAnalytics, "anthropic claude-sonnet-5-5 [] 0.455 Input=7 Output=50000" },
        { "openai csv", OpenAICsv, "openai (web search) [?] 0.05 tool; openai gpt-6-sol [?] 1.4" },
        { "openai csv with a mark and semicolons", "\uFEFF" + OpenAICsv.Replace(",", ";", StringComparison.Ordinal).Replace("sol; input", "sol, input", StringComparison.Ordinal), "openai (web search) [?] 0.05 tool; openai gpt-6-sol [?] 1.4" },
        { "azure", Azure, "azure gpt 4.1 mini [] 0.2728 Input=620000; azure gpt 4o 0806 [] 2.5 CachedInput=2000000" },
        { "azure of the other agreement", AzureMca, "azure gpt 4.1 [batch] 6 Output=1500000" },
        { "aws", Aws, "bedrock ClaudeSonnet5 [] 1.628 Input=400000 CachedInput=900000 Output=50000; credit -0.5" },
        { "openrouter", OpenRouter, "openrouter anthropic/claude-sonnet-5.5 [?] 0.0131 Input=5000 Output=500" },
        { "litellm", LiteLLM, "litellm gpt-6-sol [?] 0.00214 Input=100 CachedInput=1100 Output=220" },
        { "litellm lines", LiteLLM[1..^1].Trim().TrimEnd(']') + "\n" + LiteLLM[1..^1].Trim().TrimEnd(']'), "litellm gpt-6-sol [?] 0.00428 Input=200 CachedInput=2200 Output=440" },
        { "openai tiers", OpenAITiers, "openai gpt-4o-2024-08-06 [priority] 1; openai gpt-4o-mini-2024-07-18 [batch] 2; openai gpt-6-sol [batch] 4; openai o3-2025-04-16 [flex] 3" },
        { "focus of clouds", FocusOfClouds, "azure gpt 4.1 mini [batch] 1 Input=1000; bedrock NovaPro [?] 3 CachedInput=1000; openai gpt-4o [?] 4 Output=1000; vertex Gemini 2.5 Pro [?] 2 Output=1000; tax 7" },
        { "focus", Focus, "anthropic claude-sonnet-5-5 [] 0.18 CachedInput=900000; credit -5" },
    };

    [Theory, MemberData(nameof(Formats))]
    public async Task AFormatIsRecognizedAndRead(string name, string content, string expected) =>
        Assert.Equal((name, expected), (name, Text(await ReadAsync(content))));

    [Fact]
    public async Task ATaxOfAMonthMakesNoMonthOfTheDays()
    {
        BillSums sums = await ReadAsync(FocusOfClouds);

        Assert.False(sums.IsMonthly);
        Assert.Equal((BilledLedger.Day, BilledLedger.Day.AddDays(1)), (sums.From, sums.To));
        Assert.Equal(7m, sums.NoUsage["tax"]);
    }

    [Fact]
    public async Task AnEmptyDayIsCovered()
    {
        BillSums sums = await ReadAsync(AnthropicCost);

        Assert.Equal((new DateTimeOffset(2026, 11, 20, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero)), (sums.From, sums.To));
    }

    [Fact]
    public async Task ADiscountAndTheEndOfWhatIsCompleteAreKept()
    {
        BillSums sums = await ReadAsync(AnthropicAnalytics);

        Assert.Equal(0.045m, sums.Groups.Values.Single().Discount);
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 20, 0, 0, TimeSpan.Zero), sums.CompleteUntil);
    }

    [Fact]
    public async Task AnotherCurrencyNeedsARate()
    {
        string euros = OpenAICsv.Replace("usd", "eur", StringComparison.Ordinal);

        InvalidDataException refused = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(euros));
        Assert.Contains("bill, line 2: the amount is in EUR", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--rate EUR=", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1.51200m, (await ReadAsync(euros, new Dictionary<string, decimal> { ["EUR"] = 1.08m })).Groups.Single(group => group.Key.Model.Length > 0).Value.Amount);
    }

    [Theory]
    [InlineData("""{"data":[{"start_time":1795132800,"end_time":17952""", "invalid or cut off")]
    [InlineData("""[{"request_id":"a","spend":1,"prompt_tokens":1,"endTime":"2026-11-20T08:00:02Z"},{"request_""", "invalid or cut off")]
    [InlineData("", "the file is empty")]
    [InlineData("{\"hello\":1}", "of no known format")]
    [InlineData("a,b,c\n1,2,3", "of no known format")]
    [InlineData("start_time,end_time,amount_value,amount_currency,line_item\n1795132800,1795219200,1.4", "line 2: the row has 3 values for 5 columns")]
    [InlineData("start_time,end_time,amount_value,amount_currency,line_item\n1795132800,1795219200,1.4,usd,\"gpt-6", "cut off")]
    [InlineData("start_time,end_time,amount_value,amount_currency,line_item\n1795132800,1795219200,a lot,usd,gpt", "'amount_value' is 'a lot' and no number")]
    [InlineData("start_time,end_time,amount_value,amount_currency,line_item\nlast week,1795219200,1,usd,gpt", "'start_time' is 'last week' and no time")]
    [InlineData("""{"data":[{"start_time":1795132800,"end_time":1795132800,"results":[{"object":"organization.costs.result","amount":{"value":1,"currency":"usd"},"line_item":"x, input"}]}]}""", "before it begins")]
    [InlineData("""{"data":[{"start_time":1795132800,"results":[{"object":"organization.usage.completions.result","input_tokens":1.5}]}]}""", "'input_tokens' is 1.5 and no whole number")]
    public async Task ADamagedFileIsAClearError(string content, string expected)
    {
        InvalidDataException fault = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(content));

        Assert.StartsWith("bill", fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    private static async Task<BillSums> ReadAsync(string content, IReadOnlyDictionary<string, decimal>? rates = null)
    {
        var sums = new BillSums(rates ?? new Dictionary<string, decimal>(), new HashSet<string>(), new HashSet<string>(), null);
        await BillFile.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(content)), "bill", sums, BillItems.None, TestContext.Current.CancellationToken);
        return sums;
    }

    private static string Text(BillSums sums)
    {
        IEnumerable<string> groups = sums.Groups.GroupBy(entry => (entry.Key.Provider, entry.Key.Model, entry.Key.Item, entry.Key.Tier, entry.Key.IsTool)).Select(same =>
        {
            var sum = new BilledSum();
            foreach (KeyValuePair<BilledGroup, BilledSum> entry in same)
            {
                sum.Add(entry.Value);
            }

            string tokens = string.Concat(Enum.GetValues<BilledKind>().Where(kind => sum[kind] != 0).Select(kind => string.Create(CultureInfo.InvariantCulture, $" {kind}={sum[kind]}")));
            return string.Create(CultureInfo.InvariantCulture, $"{same.Key.Provider} {(same.Key.Model.Length > 0 ? same.Key.Model : $"({same.Key.Item})")} [{same.Key.Tier ?? "?"}] {(sum.Amount is { } amount ? amount.ToString("0.########", CultureInfo.InvariantCulture) : "-")}{tokens}{(same.Key.IsTool ? " tool" : "")}");
        });
        return string.Join("; ", groups.Order(StringComparer.Ordinal).Concat(sums.NoUsage.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key} {entry.Value}"))));
    }
}
