namespace MeaiBudget.Tests;

/// <summary>
/// How much must follow the prefix of a provider. The prefixes stand apart from what follows them, so that no scanner of source code takes
/// them for secrets.
/// </summary>
public sealed class SecretPrefixTests
{
    private const string Hexadecimal = "0123456789abcdef";
    private const string Capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private const string Mixed = Capitals + "abcdefghijklmnopqrstuvwxyz";

    /// <summary>Letters that nothing but a prefix makes a secret.</summary>
    private const string Word = "badeabacadebadafabecadabadefacabeadabadecafadebacadebadafabecadabade";

    private const string Words = "informationaboutthisnamewithoutanysecretinitbutwordsthatanybodycanreadinthetextofatable";

    /// <summary>What is also found without its prefix, or before fewer characters.</summary>
    private static readonly string[] Otherwise = ["sk-", "t1.9", "sl.", "AGE-"];

    /// <summary>These prefixes mean a secret whatever follows them, from a length on.</summary>
    [Theory]
    [InlineData(10, false, "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_")]
    [InlineData(12, false, "FLWSECK_TEST FLWSECK_TEST- FLWSECK- FLWPUBK_TEST-")]
    [InlineData(14, false, "xoxb- xoxp- xoxa- xoxr- xoxs- xoxo- xoxe- xoxe. xoxc- xoxd-")]
    [InlineData(15, false, "NRAK- NRII- NRIQ- NRRA- NRSP- NRJS-")]
    [InlineData(16, true, "AKIA ASIA ABIA ACCA")]
    [InlineData(16, false, "WPL_AP1. sk-ant- sk-proj- sk-svcacct- sk-admin- sk-or-v1- sk-lf- sk-helicone-")]
    [InlineData(18, false, "GR1348941")]
    [InlineData(20, false, "IQoJb3JpZ2lu FwoGZXIvYXdz FQoGZXIvYXdz bedrock-api-key- whsec_ eyJhbGci eyJ0eXAi eyJraWQi eyJjdHki eyJ4NXQi eyJlbmMi eyJlcGsi eyJjcml0 eyJqa3Ui eyJ1cmwi eyJub25j eyJpYXQi eyJpc3Mi eyJzdWIi eyJleHAi pplx- r8_ nvapi- tgp_v1_ pcsk_ tvly- wandb_v1_ esecret_ GOCSPX- 1//0 1%2F%2F0 sb_secret_ sbp_ HRKU- tskey- github_pat_ dckr_pat_ dckr_oat_ xapp- sq0atp- sq0csp- sq0idp- glsa_ lin_api_ lin_oauth_ CFPAT- figd_ figo_ rdme_ fio-u- p8e- dvc_server_ dvc_client_ ucat_0 AQ.Ab ya29. pscale_tkn_ pscale_oauth_ pscale_pw_ ghs_ glpat- gldt- glrt- glrtr- glptt- glcbt- glimt- glagent- gloas- glsoat- glffct- glft- glwt- fw_ fw- csk- hf_ api_org_ e2b_ ghp_ gho_ ghu_ ghr_")]
    [InlineData(24, false, "vera01ei- vera01es- MIIEvQIBADAN MIIEvgIBADAN MIIEvAIBADAN MIIEowIBAAKC MIIEpAIBAAKC MIIEpQIBAAKC MIIEogIBAAKC MIIJKAIBAAKC MIIJKQIBAAKC MIIJKgIBAAKC MIIJQgIBADAN MIIJQwIBADAN MIIJRAIBADAN MIICXAIBAAKB MIICXQIBAAKB MIICXgIBAAKB MIICdwIBADAN MIICdgIBADAN MHcCAQEEI MHQCAQEEI MIGHAgEAMBMG MIG2AgEAMBAG MC4CAQAwBQYDK2Vw b3BlbnNzaC1rZXktdjE hvs. hvb. hvr.")]
    [InlineData(25, false, "apr1$")]
    [InlineData(30, true, "AGE-SECRET-KEY-1")]
    [InlineData(30, false, "sntrys_ sntryu_ shpat_ shpca_ shppa_ shpss_ bce-v3/ALTAK- access_token$ AIza sha256~ shippo_live_ shippo_test_ PMAK- PMAT- dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. snyk_ tfp_ npm_")]
    [InlineData(32, false, "ATTA mlsn. amzn1.oa2-cs.v1. dop_v1_ doo_v1_ dor_v1_ pul- rubygems_ bkua_ bkct_ squ_ sqp_ sqa_ key- spu-")]
    [InlineData(36, false, "RGAPI- amzn.mws. APP_USR- APA91b xaat- xapt- xait- pdus+ pdeu+")]
    [InlineData(40, false, "fm1a_ fm1r_ fm2_ fo1_ perm: eyJ2MiI6 eyJrIjoi argon2i$ argon2d$ argon2id$ pbkdf2_sha256$ pbkdf2-sha256$ pbkdf2-sha512$ scrypt$ configcat-sdk-1/ django-insecure- vk1.a. y0_Ag y0__ SG. dt0c01. dt0s01. dt0s02. CLOJARS_")]
    [InlineData(50, true, "GOOG1E")]
    [InlineData(50, false, "2a$ 2b$ 2y$ pypi-")]
    [InlineData(60, false, "ABSK ops_eyJ ATATT3 xkeysib- xsmtpsib- 3MVG9 3MVG8 t1.9 sl. sk.eyJ tk.eyJ")]
    [InlineData(20, false, "gsk_ xai- lsv2_ jina_ fc- al- vcp_ vci_ vca_ vcr_ vck_ vc_ nfp_ nfc_ nfo_ nfu_ rnd_ tk-us- tk-eu- ntn_ pnu_ ico-")]
    [InlineData(30, false, "sgp_ slk_ glc_")]
    [InlineData(32, false, "sess-")]
    [InlineData(36, false, "ms-")]
    [InlineData(40, false, "perm-")]
    public void Q4_APrefixIsASecretFromItsLengthOn(int length, bool isUpper, string prefixes)
    {
        string letters = isUpper ? Word.ToUpperInvariant().Replace('E', '2') : Word;
        var wrong = new List<string>();
        foreach (string prefix in prefixes.Split(' '))
        {
            string secret = prefix + letters[..length];
            Check($"see {secret} now", "see [REDACTED] now");
            Check($"see {secret}§ now", "see [REDACTED]§ now");
            Check($"see '{prefix}{letters[..(length + 1)]}'. Then", "see '[REDACTED]'. Then");
            if (!Otherwise.Any(one => prefix.StartsWith(one, StringComparison.Ordinal)))
            {
                string none = $"see {secret[..^1]} now, {secret[..^1]}§ or x{secret}";
                Check(none, none);
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));

        void Check(string text, string expected)
        {
            string redacted = SecretRedactor.Default.Redact(text);
            if (redacted != expected)
            {
                wrong.Add($"{text}: {redacted}");
            }
        }
    }

    /// <summary>These prefixes also begin words: they mean a secret if what follows looks generated.</summary>
    [Theory]
    [InlineData(12, Mixed, "npg_")]
    [InlineData(16, Capitals, "SCW HPUA A3T DO00 DO80")]
    [InlineData(16, Mixed, "sk- sk_ endr+")]
    [InlineData(18, Mixed, "rpa_ llx- apify_api_ mdb_sa_sk_ xau_ napi_ os_v2_app_ AVNS_ phx_ CCIPAT_ CCIPRJ_ waka_ pina_ censys_ LTAI")]
    [InlineData(20, Mixed, "ak- as- ck- m0- BSA AKLT md- da2- 6Le pb_ ak_ Mid-server- ser.")]
    [InlineData(24, Capitals, "API-")]
    [InlineData(24, Hexadecimal, "hb_")]
    [InlineData(24, Mixed, "ATBB ATCTT3 ATOAp BBDC- s.")]
    [InlineData(28, Mixed, "AKID")]
    [InlineData(30, Capitals, "A3-")]
    [InlineData(30, Mixed, "pa- pat- cio")]
    [InlineData(32, Hexadecimal, "dkea dose pub SK")]
    [InlineData(35, Mixed, "AQVN YCA YCM YCN YCO YCP")]
    [InlineData(36, Mixed, "ark- luma- 4b1d")]
    [InlineData(40, Mixed, "cmVm 5$ 6$ y$ v1.0- EAAA EAAC EAAM EAAG EAAB EAAD EAAE EAAF EAAH EAAI EAAJ EAAK EAAL cnvca KEY01")]
    [InlineData(43, Mixed, "oy2")]
    [InlineData(44, Mixed, "b_")]
    [InlineData(50, Mixed, "dG9r EZAK EZTK")]
    [InlineData(55, Mixed, "AKCp cmVmd")]
    [InlineData(60, Mixed, "IGQV IGAA")]
    [InlineData(80, Mixed, "AQE")]
    public void Q4_APrefixThatAlsoBeginsWordsIsASecretBeforeGeneratedCharacters(int length, string letters, string prefixes)
    {
        var random = new Random(length);
        var wrong = new List<string>();
        foreach (string prefix in prefixes.Split(' '))
        {
            string word = $"see {prefix}{Words[..length]} now";
            string generated = prefix + new string(random.GetItems<char>(letters, length));
            if (letters == Mixed && SecretRedactor.Default.Redact(word) != word)
            {
                wrong.Add(word);
            }

            string redacted = SecretRedactor.Default.Redact($"see {generated} now");
            if (redacted != "see [REDACTED] now")
            {
                wrong.Add($"{generated}: {redacted}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("guia-completa-al-mundo-de-la-programacion")]
    [InlineData("https://news.example/fc-barcelona-vence-al-equipo-de-la-capital")]
    [InlineData("https://news.example/2024/fc-bayern-gegen-den-zweiten-der-tabelle")]
    [InlineData("nfc_reader_initialization_failed, nfo_file_with_description, vc_compiler_version_information, vca_video_content_analysis_module")]
    [InlineData("rnd_generator_initialisation, sgp_singapore_office_main_building_floor, slk_silk_road_history_of_trade_in_asia")]
    [InlineData("<i class=\"ico-arrow-left-circle-filled\"></i> <a href=\"/ms-office-training-for-beginners-and-experts\">")]
    [InlineData("xai-explainable-artificial-intelligence, jina_embeddings_version_two_base, gsk_annual_report_of_the_company, lsv2_configuration_of_the_service")]
    [InlineData("sess-started-by-the-user-at-the-first-page, perm-user-access-to-the-admin-console-of-the-server, glc_global_land_cover_classification_map")]
    [InlineData("tk-us-market-overview-of-the-companies, ntn_network_of_the_north_in_numbers, pnu_university_of_the_north")]
    public void Q5_NamesThatBeginLikeAPrefixAreKept(string text) => Assert.Same(text, SecretRedactor.Default.Redact(text));
}
