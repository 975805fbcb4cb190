using System.Text;

namespace MeaiBudget.Tests;

/// <summary>Counts of an answer that an SDK cannot read are overwritten where they stand.</summary>
public sealed class WireCountRepairTests
{
    [Theory]
    [InlineData("\"12\"", "12  ")]
    [InlineData("\" 12 \"", "12    ")]
    [InlineData("\"many\"", "0     ")]
    [InlineData("\"\"", "0 ")]
    [InlineData("\"1\\\"2\"", "0     ")]
    [InlineData("10.0", "10  ")]
    [InlineData("10.5", "11  ")]
    [InlineData("1e1", "10 ")]
    [InlineData("-5", "0 ")]
    [InlineData("-1.5", "0   ")]
    [InlineData("null", "0   ")]
    [InlineData("true", "0   ")]
    [InlineData("false", "0    ")]
    [InlineData("[]", "0 ")]
    [InlineData("{}", "0 ")]
    [InlineData("[1,2]", "0    ")]
    [InlineData("{\"a\":[{\"b\":\"}]\"}]}", "0")]
    [InlineData("2147483647", "2147483647")]
    [InlineData("2147483648", "0         ")]
    [InlineData("\"2147483647\"", "2147483647  ")]
    [InlineData("\"2147483648\"", "0           ")]
    [InlineData("99999999999999999999", "0                   ")]
    [InlineData("1e400", "0    ")]
    [InlineData("1e3", "0  ")]
    [InlineData("1.0e2", "100  ")]
    [InlineData("12", "12")]
    [InlineData("0", "0")]
    public void ACountBecomesANumberThatAnSdkCanRead(string written, string repaired)
    {
        repaired = repaired.PadRight(written.Length);
        foreach (string name in (string[])["prompt_tokens", "eval_count", "web_search_requests", "promptTokenCount", "inputTokens"])
        {
            foreach ((string before, string after) in ((string, string)[])[("{\"", "}"), ("{\"a\":1,\"", ",\"b\":\"x\"}"), ("[{\"", "\n}]"), ("\"", "\r\n"), ("{\"", " }"), ("[\"", "]")])
            {
                Assert.Equal(before + name + "\":" + repaired + after, Repaired(before + name + "\":" + written + after));
                Assert.Equal(before + name + "\" \t\r\n: \t\r\n" + repaired + after, Repaired(before + name + "\" \t\r\n: \t\r\n" + written + after));
            }
        }
    }

    [Theory]
    [InlineData("1.5", "2  ")]
    [InlineData("1790000000.5", "1790000001  ")]
    [InlineData("1.79e9", "0     ")]
    [InlineData("1.0E1", "10   ")]
    [InlineData("1e1", "10 ")]
    [InlineData("-1.5", "0   ")]
    [InlineData("-1", "-1")]
    [InlineData("3000000000.0", "3000000000  ")]
    [InlineData("1790000000", "1790000000")]
    [InlineData("\"2026-01-01T00:00:00.1Z\"", "\"2026-01-01T00:00:00.1Z\"")]
    [InlineData("null", "null")]
    [InlineData("[1.5]", "[1.5]")]
    public void ATimeLosesItsFraction(string written, string repaired)
    {
        foreach (string name in (string[])["created", "created_at", "completed_at", "total_duration"])
        {
            Assert.Equal("{\"" + name + "\":" + repaired + "}", Repaired("{\"" + name + "\":" + written + "}"));
        }
    }

    [Theory]
    [InlineData("[]", "{}")]
    [InlineData("null", "{}  ")]
    [InlineData("\"x\"", "{} ")]
    [InlineData("12", "{}")]
    [InlineData("1", "1")]
    [InlineData("[{\"a_tokens\":\"1\"}]", "{}")]
    [InlineData("{}", "{}")]
    [InlineData("{\"a\":\"1\"}", "{\"a\":\"1\"}")]
    [InlineData("{\"a_tokens\":\"1\"}", "{\"a_tokens\":1  }")]
    [InlineData("{\"a_details\":{\"b_tokens\":null},\"c_tokens\":1.0}", "{\"a_details\":{\"b_tokens\":0   },\"c_tokens\":1  }")]
    public void AUsageIsAnObject(string written, string repaired)
    {
        repaired = repaired.PadRight(written.Length);
        Assert.Equal("{\"usage\":" + repaired + ",\"z_tokens\":1  }", Repaired("{\"usage\":" + written + ",\"z_tokens\":\"1\"}"));
        Assert.Equal("data: {\"usage\":" + repaired + "}\n\n", Repaired("data: {\"usage\":" + written + "}\n\n"));
    }

    [Theory]
    [InlineData("{\"index\":\"12\",\"total\":\"12\",\"count\":null,\"tokens\":\"1\",\"createdx\":1.5,\"usages\":[]}")]
    [InlineData("{\"content\":\"\\\"prompt_tokens\\\":\\\"12\\\" x\",\"a\":1}")]
    [InlineData("{\"prompt_tokens\":\"12")]
    [InlineData("{\"prompt_tokens\":\"12\\\"")]
    [InlineData("{\"prompt_tokens\":12.0")]
    [InlineData("{\"prompt_tokens\":[1")]
    [InlineData("{\"prompt_tokens\":[[1]")]
    [InlineData("{\"prompt_tokens\":{\"a\":\"")]
    [InlineData("{\"prompt_tokens\":")]
    [InlineData("{\"prompt_tokens\": ")]
    [InlineData("{\"prompt_tokens\"")]
    [InlineData("{\"prompt_tokens\":abc}")]
    [InlineData("{\"prompt_tokens\":}")]
    [InlineData("{\"prompt_tokens\":,\"x\":1}")]
    [InlineData("prompt_tokens\":\"12\"}")]
    [InlineData("{prompt_tokens:\"12\"}")]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("\":")]
    public void WhatIsNoWholeCountStaysAsItIs(string written) => Assert.Equal(written, Repaired(written));

    [Theory]
    [InlineData("{\"a_tokens\":\"1\",\"b\":\"c:d\",\"e_tokens\":\"2\"}", "{\"a_tokens\":1  ,\"b\":\"c:d\",\"e_tokens\":2  }")]
    [InlineData("{\"a_tokens\":abc,\"b_tokens\":\"2\"}", "{\"a_tokens\":abc,\"b_tokens\":2  }")]
    [InlineData("{\"usage\":{\"a_tokens\":\"1\",\"b_tokens\":\"2", "{\"usage\":{\"a_tokens\":1  ,\"b_tokens\":\"2")]
    [InlineData("{\"a\":\"\\\\\",\"b_tokens\":\"2\"}", "{\"a\":\"\\\\\",\"b_tokens\":2  }")]
    [InlineData("{\"a_tokens\":\"\\\\\",\"b_tokens\":\"2\"}", "{\"a_tokens\":0   ,\"b_tokens\":2  }")]
    public void TheCountsBehindAreRepaired(string written, string repaired) => Assert.Equal(repaired, Repaired(written));

    [Fact]
    public void ANameOfMoreThan64BytesIsNone()
    {
        string longest = new string('x', 55) + "_tokens";

        Assert.Equal("{\"" + longest + "\":1  }", Repaired("{\"" + longest + "\":\"1\"}"));
        Assert.Equal("{\"x" + longest + "\":\"1\"}", Repaired("{\"x" + longest + "\":\"1\"}"));
    }

    private static string Repaired(string written)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(written);
        WireCountRepair.Repair(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
